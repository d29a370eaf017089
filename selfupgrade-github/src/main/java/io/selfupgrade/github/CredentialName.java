package io.selfupgrade.github;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * Names credentials without telling them, so that only who may read the same shares what was read.
 *
 * <p>The name stays when an App's installation gets another token, and is another one for another
 * token, App, installation or key. It holds a digest of what is secret: who states an App's numbers
 * alone has not its name.
 */
final class CredentialName {

  private CredentialName() {}

  static String of(ClientSettings settings) {
    return settings
        .app()
        .map(
            app ->
                "app "
                    + digest(
                        app.id()
                            + '\n'
                            + app.installation()
                            + '\n'
                            + app.privateKey().reveal().strip()))
        .or(() -> settings.token().map(token -> "token " + digest(token.reveal().strip())))
        .orElse("anonymous");
  }

  static String digest(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return HexFormat.of().formatHex(AssetStream.sha256().digest(bytes));
  }
}
