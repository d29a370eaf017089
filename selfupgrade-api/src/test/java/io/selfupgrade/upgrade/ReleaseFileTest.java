package io.selfupgrade.upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReleaseFileTest {

  private static final String SHA256 = "0123456789abcdef".repeat(4);

  @ParameterizedTest
  @ValueSource(strings = {"app.jar", "lib/a-1.2+b_3.jar", "migrations/20260101_x.sql", "_/a"})
  void aPlainRelativePathIsAccepted(String path) {
    assertThat(new ReleaseFile(path, 0, SHA256).path()).isEqualTo(path);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/etc/passwd",
        "../app.jar",
        "lib/../../app.jar",
        "lib/..",
        "..",
        ".",
        "./app.jar",
        ".hidden",
        "lib/.hidden",
        "lib//a.jar",
        "lib/",
        "lib\\a.jar",
        "C:/a.jar",
        "C:a.jar",
        "a b.jar",
        "a\nb.jar",
        "a\0.jar",
        "-a.jar",
        "~/a.jar",
        "a..b.jar",
        "a.",
        "a*.jar",
        "ä.jar",
        "release.json",
        "release.json.sig",
        "launch.properties"
      })
  void aPathThatCouldLeaveTheSlotOrMeanAnotherFileIsRefused(String path) {
    assertThatThrownBy(() -> new ReleaseFile(path, 0, SHA256))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aPathHasAtMost200Characters() {
    assertThat(new ReleaseFile("a".repeat(200), 0, SHA256).path()).hasSize(200);
    assertThatThrownBy(() -> new ReleaseFile("a".repeat(201), 0, SHA256))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aNegativeLengthIsRefused() {
    assertThatThrownBy(() -> new ReleaseFile("a", -1, SHA256))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "abc", "0123456789ABCDEF"})
  void whatIsNoDigestIsRefused(String digest) {
    String four = digest.length() == 16 ? digest.repeat(4) : digest;

    assertThatThrownBy(() -> new ReleaseFile("a", 1, four))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("sha256");
  }
}
