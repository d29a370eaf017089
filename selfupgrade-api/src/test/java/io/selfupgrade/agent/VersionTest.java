package io.selfupgrade.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VersionTest {

  /** The examples of semver.org, item 11, and some around them, each before the next. */
  private static final List<Version> ASCENDING =
      versions(
          "unversioned",
          "0.0.0-0",
          "0.9.0",
          "1.0.0-alpha",
          "1.0.0-alpha.1",
          "1.0.0-alpha.beta",
          "1.0.0-beta",
          "1.0.0-beta.2",
          "1.0.0-beta.11",
          "1.0.0-beta.99999999999999999999",
          "1.0.0-beta.100000000000000000000",
          "1.0.0-rc.1",
          "1.0.0",
          "2.0.0",
          "2.1.0",
          "2.1.1",
          "2.1.10",
          "2.10.0",
          "10.0.0",
          "999999999999999999.0.0");

  @Test
  void eachPrecedesTheNext() {
    for (int i = 0; i < ASCENDING.size(); i++) {
      for (int j = 0; j < ASCENDING.size(); j++) {
        Version left = ASCENDING.get(i);
        Version right = ASCENDING.get(j);
        assertThat(Integer.signum(left.compareTo(right)))
            .as("%s compared with %s", left, right)
            .isEqualTo(Integer.compare(i, j));
        assertThat(left.newerThan(right)).isEqualTo(i > j);
      }
    }
  }

  @Test
  void sortingRestoresTheOrder() {
    List<Version> shuffled = new ArrayList<>(ASCENDING);
    Collections.shuffle(shuffled, new Random(42));

    assertThat(shuffled.stream().sorted()).containsExactlyElementsOf(ASCENDING);
  }

  @Test
  void buildMetadataCountsForEqualityAndNotForOrder() {
    Version plain = Version.parse("1.0.0");
    Version build = Version.parse("1.0.0+build.7");

    assertThat(build).isEqualByComparingTo(plain).isNotEqualTo(plain);
    assertThat(build.newerThan(plain)).isFalse();
    assertThat(build.isPreRelease()).isFalse();
    assertThat(build).isEqualTo(Version.parse("1.0.0+build.7")).hasToString("1.0.0+build.7");
    assertThat(build.hashCode()).isEqualTo(Version.parse("1.0.0+build.7").hashCode());
  }

  @Test
  void aPreReleaseSaysSo() {
    assertThat(Version.parse("1.0.0-rc.1").isPreRelease()).isTrue();
    assertThat(Version.parse("1.0.0").isPreRelease()).isFalse();
    assertThat(Version.parse("1.0.0-0A").isPreRelease()).isTrue();
  }

  @Test
  void unversionedIsOneValue() {
    assertThat(Version.parse("unversioned")).isSameAs(Version.UNVERSIONED);
    assertThat(Version.UNVERSIONED.isPreRelease()).isFalse();
    assertThat(Version.UNVERSIONED).isEqualByComparingTo(Version.UNVERSIONED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "1",
        "1.2",
        "1.2.3.4",
        "v1.2.3",
        "01.2.3",
        "1.02.3",
        "1.2.-3",
        "1.2.3-",
        "1.2.3-01",
        "1.2.3-a..b",
        "1.2.3+",
        "1.2.3+a+b",
        "1.2.3 ",
        "1.2.3\n",
        "1.2.3-ä",
        "1000000000000000000.0.0",
        "../1.2.3",
        "Unversioned",
        "1.0.0-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      })
  void whatIsNoSemanticVersionIsRefused(String text) {
    assertThatThrownBy(() -> Version.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected a semantic version");
  }

  @Test
  void aLongTextIsCutInTheMessage() {
    assertThatThrownBy(() -> Version.parse("9".repeat(10_000))).hasMessageMatching("(?s).{1,300}");
  }

  private static List<Version> versions(String... texts) {
    return List.of(texts).stream().map(Version::parse).toList();
  }
}
