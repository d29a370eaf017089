package io.selfupgrade.upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.Version;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class ReleaseTest {

  private static final Version VERSION = Version.parse("1.0.0");

  @Test
  void knowsItsVersionAndItsSize() {
    Release release = release(Launch.jar("app.jar"), file("app.jar", 7), file("b", 5));

    assertThat(release.version()).isEqualTo(VERSION);
    assertThat(release.totalBytes()).isEqualTo(12);
  }

  @Test
  void twoFilesOfOnePathAreRefusedAlsoInAnotherCase() {
    assertThatThrownBy(() -> release(Launch.jar("app.jar"), file("app.jar", 1), file("App.JAR", 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("twice");
  }

  @Test
  void aLaunchOfWhatIsNoFileOfTheReleaseIsRefused() {
    assertThatThrownBy(() -> release(Launch.jar("other.jar"), file("app.jar", 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("other.jar");
    assertThatThrownBy(() -> release(mainClass(List.of("app.jar", "lib.jar")), file("app.jar", 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("lib.jar");
  }

  @Test
  void theLauncherProtocolIsAtLeastOne() {
    Release.Id id = new Release.Id("bot", VERSION, "", Instant.EPOCH, "");

    assertThatThrownBy(
            () ->
                new Release(
                    id,
                    Release.Terms.NONE,
                    Launch.jar("a"),
                    Optional.empty(),
                    StateVersions.FIRST,
                    0,
                    List.of(file("a", 1))))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Nested
  class OfItsLaunch {

    @Test
    void aJarOrAMainClassIsNamedNotBoth() {
      assertThatThrownBy(() -> launch("", "", List.of(), OptionalInt.empty()))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> launch("a.jar", "Main", List.of(), OptionalInt.empty()))
          .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aClassPathGoesWithAMainClass() {
      assertThat(mainClass(List.of("a.jar")).classpath()).containsExactly("a.jar");
      assertThatThrownBy(() -> launch("", "Main", List.of(), OptionalInt.empty()))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> launch("a.jar", "", List.of("b.jar"), OptionalInt.empty()))
          .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theHeapIsPositive() {
      assertThatThrownBy(() -> launch("a.jar", "", List.of(), OptionalInt.of(0)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Nested
  class OfItsSmokeCheck {

    @Test
    void theTimeIsMoreThanZeroAndAtMostTenMinutes() {
      assertThat(new Smoke(List.of(), Duration.ofMinutes(10), 8).heapMb()).isEqualTo(8);
      for (Duration wrong :
          List.of(Duration.ZERO, Duration.ofMillis(-1), Duration.ofMinutes(10).plusMillis(1))) {
        assertThatThrownBy(() -> new Smoke(List.of(), wrong, 64))
            .isInstanceOf(IllegalArgumentException.class);
      }
    }

    @Test
    void theHeapIsEightMebibytesOrMore() {
      assertThatThrownBy(() -> new Smoke(List.of(), Duration.ofSeconds(1), 7))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Nested
  class OfItsState {

    @Test
    void aReleaseReadsWhatItWrites() {
      for (int[] wrong : new int[][] {{0, 1, 1}, {2, 3, 1}, {1, 2, 3}, {3, 2, 2}}) {
        assertThatThrownBy(() -> new StateVersions(wrong[0], wrong[1], wrong[2]))
            .isInstanceOf(IllegalArgumentException.class);
      }
    }

    @Test
    void aReleaseCanReadTheStateThatLiesInItsRange() {
      StateVersions reader = new StateVersions(2, 4, 3);

      assertThat(reader.canRead(new StateVersions(1, 1, 1))).isFalse();
      assertThat(reader.canRead(new StateVersions(1, 2, 2))).isTrue();
      assertThat(reader.canRead(new StateVersions(1, 9, 4))).isTrue();
      assertThat(reader.canRead(new StateVersions(1, 9, 5))).isFalse();
    }
  }

  private static Release release(Launch launch, ReleaseFile... files) {
    return new Release(
        new Release.Id("bot", VERSION, "a".repeat(64), Instant.EPOCH, ""),
        Release.Terms.NONE,
        launch,
        Optional.empty(),
        StateVersions.FIRST,
        1,
        List.of(files));
  }

  private static Launch mainClass(List<String> classpath) {
    return launch("", "Main", classpath, OptionalInt.empty());
  }

  private static Launch launch(
      String jar, String mainClass, List<String> classpath, OptionalInt heapMb) {
    return new Launch(jar, mainClass, classpath, List.of(), List.of(), heapMb);
  }

  private static ReleaseFile file(String path, long length) {
    return new ReleaseFile(path, length, "a".repeat(64));
  }
}
