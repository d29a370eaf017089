package io.selfupgrade.core.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManifestCodecTest {

  private static final String SHA = "a".repeat(64);
  private static final String VALID =
      """
      {"format":1,"name":"bot","version":"1.4.0","commit":"abc","created":"2026-03-01T12:00:00Z",
       "launcherProtocol":1,"launch":{"jar":"bot.jar","args":["x"]},
       "state":{"readsFrom":1,"readsTo":1,"writes":1},
       "files":[{"path":"bot.jar","length":3,"sha256":"%s"}]}
      """
          .formatted(SHA);

  @TempDir private Path root;
  private Release release;

  @BeforeEach
  void makeARelease() throws Exception {
    release = Bundle.in(root).verified().release();
  }

  @Test
  void whatIsEncodedIsDecoded() throws Exception {
    Release again = ManifestCodec.decode(ManifestCodec.encode(release));

    assertThat(again).isEqualTo(release);
    assertThat(again.launch().args()).containsExactly("--serve", "", "caf\u00e9 \"x\"\n");
    assertThat(again.smoke()).isPresent();
    assertThat(again.state().writes()).isEqualTo(2);
    assertThat(again.files()).extracting("path").containsExactly("bot.jar", "data/model.txt");
  }

  @Test
  void theBuildIsNamedByTheDigestOfTheBytes() throws Exception {
    byte[] bytes = VALID.getBytes(StandardCharsets.UTF_8);

    assertThat(ManifestCodec.decode(bytes).id().manifestSha256()).isEqualTo(Sha256.of(bytes));
  }

  @Test
  void whatASlotHoldsIsRead() throws Exception {
    assertThat(ManifestCodec.read(root.resolve("releases/1.4.0"))).isEqualTo(release);
  }

  @Test
  void fieldsForNotesAreIgnored() {
    assertThatCode(() -> decode(VALID.replace("\"commit\"", "\"x-note\":{\"a\":[1]},\"commit\"")))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"format\":1 | \"format\":2 | UNKNOWN_FORMAT | format 2",
        "\"format\":1, | `` | MANIFEST_INVALID | format is missing",
        "\"format\":1 | \"format\":1.0 | MANIFEST_INVALID | whole number",
        "\"format\":1 | \"format\":\"1\" | MANIFEST_INVALID | whole number",
        "\"format\":1 | \"format\":99999999999999999999 | MANIFEST_INVALID | whole number",
        "\"name\":\"bot\" | \"name\":\"../bot\" | MANIFEST_INVALID | agent name",
        "\"name\":\"bot\" | \"name\":\"bot\",\"name\":\"bot\" | MANIFEST_INVALID | uplicate",
        "\"name\":\"bot\" | \"name\":null | MANIFEST_INVALID | expected a text",
        "1.4.0 | 1.4 | MANIFEST_INVALID | semantic version",
        "1.4.0 | unversioned | MANIFEST_INVALID | needs a version",
        "\"abc\" | \"a b\" | MANIFEST_INVALID | commit",
        "2026-03-01T12:00:00Z | yesterday | MANIFEST_INVALID | created",
        "\"commit\" | \"expires\":17,\"commit\" | MANIFEST_INVALID | expires",
        "\"commit\" | \"surprise\":1,\"commit\" | MANIFEST_INVALID | unknown field surprise",
        "\"args\":[ | \"shell\":\"rm\",\"args\":[ | MANIFEST_INVALID | unknown field launch.shell",
        "\"args\":[\"x\"] | \"args\":\"x\" | MANIFEST_INVALID | launch.args",
        "\"args\":[\"x\"] | \"args\":[1] | MANIFEST_INVALID | launch.args[0]",
        "\"args\":[\"x\"] | \"args\":[\"\\u0000\"] | MANIFEST_INVALID | NUL",
        "\"jar\":\"bot.jar\" | \"jar\":\"other.jar\" | MANIFEST_INVALID | none of its files",
        "\"jar\":\"bot.jar\" | \"jar\":\"bot.jar\",\"mainClass\":\"A\" | MANIFEST_INVALID | one of",
        "\"jar\":\"bot.jar\" | \"mainClass\":\"-x\",\"classpath\":[\"bot.jar\"] | MANIFEST_INVALID"
            + " | mainClass",
        "\"launcherProtocol\":1 | \"launcherProtocol\":0 | MANIFEST_INVALID | launcherProtocol",
        "\"readsTo\":1 | \"readsTo\":0 | MANIFEST_INVALID | readsTo",
        "\"writes\":1 | \"writes\":2 | MANIFEST_INVALID | readsFrom",
        "\"path\":\"bot.jar\" | \"path\":\"../bot.jar\" | MANIFEST_INVALID | path",
        "\"path\":\"bot.jar\" | \"path\":\"/bot.jar\" | MANIFEST_INVALID | path",
        "\"path\":\"bot.jar\" | \"path\":\"a/./b\" | MANIFEST_INVALID | path",
        "\"path\":\"bot.jar\" | \"path\":\"a\\\\b\" | MANIFEST_INVALID | path",
        "\"path\":\"bot.jar\" | \"path\":\"C:/b\" | MANIFEST_INVALID | path",
        "\"path\":\"bot.jar\" | \"path\":\"Release.json\" | MANIFEST_INVALID | reserved",
        "\"path\":\"bot.jar\" | \"path\":\"launch.properties/x\" | MANIFEST_INVALID | reserved",
        "\"length\":3 | \"length\":-1 | MANIFEST_INVALID | length",
        "\"length\":3 | \"length\":1099511627777 | MANIFEST_INVALID | length",
        "\"files\":[ | \"files\":[{\"path\":\"BOT.jar\",\"length\":1,\"sha256\":\"%s\"}, |"
            + " MANIFEST_INVALID | twice",
        "\"files\":[ | \"files\":[{\"path\":\"bot.jar/x\",\"length\":1,\"sha256\":\"%s\"}, |"
            + " MANIFEST_INVALID | folder",
        "\"sha256\":\"aa | \"sha256\":\"AA | MANIFEST_INVALID | hexadecimal",
        "\"}]} | \"}]} {} | MANIFEST_INVALID | railing",
        "\"}]} | \"}] | MANIFEST_INVALID | usable JSON",
      })
  void whatIsWrongIsRefused(String from, String to, ReasonCode code, String message) {
    String changed = VALID.replace(from, to.formatted(SHA));
    assertThat(changed).isNotEqualTo(VALID);

    RefusalException refused = refusal(changed.getBytes(StandardCharsets.UTF_8));

    assertThat(refused.reason().code()).isEqualTo(code);
    assertThat(refused.reason().message()).contains("release.json").contains(message);
  }

  @Test
  void limitsHold() {
    String deep = "\"x-deep\":" + "[".repeat(1000) + "]".repeat(1000) + ",\"commit\"";
    String entry = "{\"path\":\"f%d\",\"length\":0,\"sha256\":\"" + "b".repeat(64) + "\"},";
    StringBuilder many = new StringBuilder("\"files\":[");
    for (int i = 0; i < 10_000; i++) {
      many.append(entry.formatted(i));
    }
    String longText = "\"x-long\":\"" + "a".repeat(100_000) + "\",\"commit\"";

    for (String changed :
        new String[] {
          VALID.replace("\"commit\"", deep),
          VALID.replace("\"files\":[", many),
          VALID.replace("\"commit\"", longText),
          VALID + " ".repeat(ManifestCodec.MAX_BYTES)
        }) {
      assertThat(refusal(changed.getBytes(StandardCharsets.UTF_8)).reason().code())
          .isEqualTo(ReasonCode.MANIFEST_INVALID);
    }
  }

  @Test
  void onlyUtf8ObjectsAreRead() {
    byte[] invalid = VALID.replace("abc", "ab\u00e9").getBytes(StandardCharsets.ISO_8859_1);

    assertThat(refusal(invalid).reason().message()).contains("UTF-8");
    assertThat(refusal(VALID.getBytes(StandardCharsets.UTF_16)).reason().message())
        .contains("UTF-8");
    for (String text : new String[] {"", "[]", "1", "null", "\"x\"", "// c\n" + VALID}) {
      assertThat(refusal(text.getBytes(StandardCharsets.UTF_8)).reason().code())
          .as(text)
          .isEqualTo(ReasonCode.MANIFEST_INVALID);
    }
  }

  private static Release decode(String text) throws RefusalException {
    return ManifestCodec.decode(text.getBytes(StandardCharsets.UTF_8));
  }

  private static RefusalException refusal(byte[] document) {
    RefusalException refused =
        catchThrowableOfType(RefusalException.class, () -> ManifestCodec.decode(document));
    assertThat(refused).isNotNull();
    return refused;
  }
}
