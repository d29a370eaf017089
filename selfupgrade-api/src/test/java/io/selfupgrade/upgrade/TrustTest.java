package io.selfupgrade.upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrustTest {

  private final PublicKey first = key("Ed25519");
  private final PublicKey second = key("Ed25519");

  @Test
  void oneSignatureIsEnoughByDefault() {
    Trust trust = Trust.keys(first, second);

    assertThat(trust.threshold()).isEqualTo(1);
    assertThat(trust.keysById())
        .containsOnlyKeys(Keys.id(first), Keys.id(second))
        .containsEntry(Keys.id(first), first);
  }

  @Test
  void aThresholdIsFromOneToTheNumberOfKeys() {
    Trust trust = Trust.keys(first, second);

    assertThat(trust.threshold(2).threshold()).isEqualTo(2);
    assertThat(trust.threshold(2)).isNotEqualTo(trust);
    for (int wrong : new int[] {-1, 0, 3}) {
      assertThatThrownBy(() -> trust.threshold(wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("threshold " + wrong);
    }
  }

  @Test
  void noKeyAndOneKeyTwiceAreRefused() {
    assertThatThrownBy(() -> Trust.keys(List.of())).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Trust.keys(first, second, first))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(Keys.id(first));
  }

  @Test
  void aKeyOfAnotherAlgorithmIsRefused() {
    for (PublicKey other : List.of(key("RSA"), key("EC"), key("Ed448"))) {
      assertThatThrownBy(() -> Trust.keys(other))
          .as("a key of %s", other.getAlgorithm())
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void equalTrustHasTheSameKeysAndThreshold() {
    assertThat(Trust.keys(first, second))
        .isEqualTo(Trust.keys(second, first))
        .hasSameHashCodeAs(Trust.keys(second, first))
        .isNotEqualTo(Trust.keys(first));
  }

  @Nested
  class OfKeys {

    @TempDir Path directory;

    @Test
    void anIdIs32HexadecimalDigitsOfTheKey() {
      assertThat(Keys.id(first)).matches("[0-9a-f]{32}").isNotEqualTo(Keys.id(second));
      assertThat(Keys.id(Keys.pem(pem(first)))).isEqualTo(Keys.id(first));
    }

    @Test
    void aKeyIsReadFromAFile() throws IOException {
      Path file = directory.resolve("release.pub");
      Files.writeString(file, "a note before\n" + pem(first) + "a note behind\n");

      assertThat(Keys.file(file)).isEqualTo(first);
    }

    @Test
    void aKeyIsReadFromTheClassPath() throws IOException {
      Files.writeString(directory.resolve("release.pub"), pem(first).replace("\n", "\r\n"));
      Thread thread = Thread.currentThread();
      ClassLoader before = thread.getContextClassLoader();
      try (URLClassLoader loader =
          new URLClassLoader(new URL[] {directory.toUri().toURL()}, before)) {
        thread.setContextClassLoader(loader);

        assertThat(Keys.resource("release.pub")).isEqualTo(first);
        assertThatThrownBy(() -> Keys.resource("no.pub"))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("no.pub");
      } finally {
        thread.setContextClassLoader(before);
      }
    }

    @Test
    void aFileThatIsNotThereIsNamed() {
      assertThatThrownBy(() -> Keys.file(directory.resolve("no.pub")))
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("no.pub");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          "no key",
          "-----END PUBLIC KEY----------BEGIN PUBLIC KEY-----",
          "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
          "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
          "-----BEGIN PUBLIC KEY-----\nA\n-----END PUBLIC KEY-----"
        })
    void whatIsNoKeyIsRefused(String text) {
      assertThatThrownBy(() -> Keys.pem(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aFileWithAKeyOfAnotherAlgorithmIsRefused() {
      assertThatThrownBy(() -> Keys.pem(pem(key("RSA"))))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> Keys.pem(pem(key("Ed448"))))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static String pem(PublicKey key) {
    return "-----BEGIN PUBLIC KEY-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.getEncoded())
        + "\n-----END PUBLIC KEY-----\n";
  }

  private static PublicKey key(String algorithm) {
    try {
      return KeyPairGenerator.getInstance(algorithm).generateKeyPair().getPublic();
    } catch (GeneralSecurityException e) {
      throw new AssertionError("this JDK makes no key of " + algorithm, e);
    }
  }
}
