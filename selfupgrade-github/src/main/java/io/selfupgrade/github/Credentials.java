package io.selfupgrade.github;

import io.selfupgrade.github.GitHubException.Kind;
import java.util.Optional;
import java.util.regex.Pattern;

/** What is sent as authorization. */
final class Credentials {

  private static final Pattern TOKEN = Pattern.compile("[\\x21-\\x7e]+");

  private final ClientSettings settings;
  private final Optional<AppTokens> app;

  /**
   * Knows the settings.
   *
   * @param repository the one repository that an App's tokens are asked for
   * @param send sends a request
   */
  Credentials(ClientSettings settings, String repository, Sender send) {
    this.settings = settings;
    this.app = settings.app().map(it -> new AppTokens(it, repository, send, settings.clock()));
  }

  /** Returns the header's value, asking for it until then if need be; empty for none. */
  Optional<String> authorization(ApiRequest request, Deadline deadline) {
    if (request.manner().asApp()) {
      return Optional.of(bearer(requireApp(request).appToken()));
    }
    if (app.isPresent()) {
      return Optional.of(bearer(app.get().installationToken(deadline)));
    }
    return settings.token().map(secret -> bearer(secret.reveal()));
  }

  /** Tells whether another token can be had in place of one that was not accepted. */
  boolean renew(ApiRequest request, Optional<String> rejected) {
    if (app.isEmpty() || request.manner().asApp()) {
      return false;
    }
    return app.get().forget(token -> rejected.filter(bearer(token)::equals).isPresent());
  }

  private AppTokens requireApp(ApiRequest request) {
    return app.orElseThrow(
        () ->
            new GitHubException(
                Kind.BAD_CREDENTIALS,
                request + " is for a GitHub App alone: call app(...) on the repository",
                null));
  }

  private static String bearer(String token) {
    String stripped = token.strip();
    if (!TOKEN.matcher(stripped).matches()) {
      throw new GitHubException(
          Kind.BAD_CREDENTIALS,
          "the token is blank or has characters that no token has: copy it again",
          null);
    }
    return "Bearer " + stripped;
  }

  /** Sends a request and reads its answer. */
  interface Sender {
    ApiResponse send(ApiRequest request);
  }
}
