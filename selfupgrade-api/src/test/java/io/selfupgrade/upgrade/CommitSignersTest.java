package io.selfupgrade.upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files of signers: what is read, and what is refused because nobody would look at it. */
class CommitSignersTest {

  private static final String TYPE = "ssh-ed25519";

  @TempDir Path directory;

  @Test
  void bothFormsOfOpenSshAreRead() throws Exception {
    byte[] one = wire();
    byte[] two = wire();
    byte[] three = wire();
    String text =
        "# signers\n\n"
            + line("ada@example.com,bob ", one)
            + " a comment\n"
            + line("", two)
            + "\n  "
            + line("carol namespaces=\"file,git\" ", three)
            + "\n";

    CommitSigners signers = CommitSigners.file(Files.writeString(directory.resolve("s"), text));

    assertThat(signers.fingerprints()).hasSize(3);
    assertThat(signers.key(one)).isPresent();
    assertThat(signers.key(two)).isPresent();
    assertThat(signers.key(three)).isPresent();
    assertThat(signers.key(wire())).isEmpty();
    assertThat(signers).isEqualTo(CommitSigners.parse(text)).hasSameHashCodeAs(signers);
    assertThat(signers.toString()).contains("SHA256:");
  }

  @Test
  void aKeyForSomethingElseDoesNotCount() throws Exception {
    byte[] other = wire();
    CommitSigners signers =
        CommitSigners.parse(line("ada ", wire()) + "\n" + line("bob namespaces=\"file\" ", other));

    assertThat(signers.fingerprints()).hasSize(1);
    assertThat(signers.key(other)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cert-authority | options other than",
        "valid-after=\"20260101\" | options other than",
        "namespaces=\"git\",cert-authority | options other than",
        "sk-ssh-ed25519@openssh.com | options other than",
      })
  void whatWouldLimitAKeyIsRefused(String option, String said) throws Exception {
    String text = line("ada " + option + " ", wire());

    assertThatThrownBy(() -> CommitSigners.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("line 1 of the given text")
        .hasMessageContaining(said);
  }

  @Test
  void whatIsNoUsableKeyIsRefused() throws Exception {
    byte[] good = wire();
    byte[] longer = Arrays.copyOf(good, good.length + 1);
    byte[] shorter = Arrays.copyOf(good, good.length - 1);
    for (String text :
        new String[] {
          "",
          "# nothing\n",
          "ada",
          "ada ssh-dss AAAA",
          TYPE,
          TYPE + " !!!",
          line("", longer),
          line("", shorter),
          "ssh-rsa " + Base64.getEncoder().encodeToString(good),
          line("a ", good) + "\n" + line("b ", good),
          "ada namespaces=\"git " + line("", good),
          line("ada namespaces=\"file\" ", good),
          "x".repeat(70_000),
        }) {
      assertThatThrownBy(() -> CommitSigners.parse(text))
          .as(text)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageNotContaining("null");
    }
    assertThatThrownBy(() -> CommitSigners.file(directory.resolve("absent")))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("absent");
  }

  @Test
  void anRsaKeyThatIsTooShortIsRefused() {
    ByteBuffer out = ByteBuffer.allocate(512);
    put(out, "ssh-rsa".getBytes(StandardCharsets.US_ASCII));
    put(out, new byte[] {1, 0, 1});
    byte[] modulus = new byte[129];
    modulus[1] = -1;
    put(out, modulus);
    String key = Base64.getEncoder().encodeToString(Arrays.copyOf(out.array(), out.position()));

    assertThatThrownBy(() -> CommitSigners.parse("ssh-rsa " + key))
        .hasMessageContaining("1024 bits, expected 2048");
  }

  private static String line(String before, byte[] wire) {
    return before + TYPE + " " + Base64.getEncoder().encodeToString(wire);
  }

  private static byte[] wire() throws Exception {
    byte[] encoded =
        KeyPairGenerator.getInstance("Ed25519").generateKeyPair().getPublic().getEncoded();
    ByteBuffer out = ByteBuffer.allocate(4 + TYPE.length() + 4 + 32);
    put(out, TYPE.getBytes(StandardCharsets.US_ASCII));
    put(out, Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length));
    return out.array();
  }

  private static void put(ByteBuffer out, byte[] field) {
    out.putInt(field.length).put(field);
  }
}
