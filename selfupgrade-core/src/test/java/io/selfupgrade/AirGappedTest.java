package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Version;
import io.selfupgrade.core.local.DirectoryReleases;
import io.selfupgrade.core.release.ReleaseRecipe;
import io.selfupgrade.core.release.ReleaseTool;
import io.selfupgrade.core.release.SigningKeyFiles;
import io.selfupgrade.failover.Role;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.upgrade.CheckResult;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.Trust;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A machine without a network: a server of its own, and releases that come on a stick. */
class AirGappedTest {

  @TempDir Path directory;

  @AfterEach
  void stopTheServer() {
    PostgresStore.stopEmbedded(directory.resolve("postgres"));
  }

  @Test
  void aReleaseOnAStickNeedsBothSignatures() throws Exception {
    ReleaseTool tool = new ReleaseTool(Clock.systemUTC());
    SigningKeyFiles first = tool.keygen(directory, "first");
    SigningKeyFiles second = tool.keygen(directory, "second");
    Path stick = Files.createDirectory(directory.resolve("stick"));

    try (SelfUpgrade agent = agent(stick, List.of(first, second))) {
      agent.start();
      Eventually.holds("it leads", Duration.ofSeconds(60), () -> agent.role() == Role.PRIMARY);

      publish(tool, stick, "1.1.0", List.of(first));
      assertThat(agent.upgrades().check()).isNotInstanceOf(CheckResult.Available.class);

      publish(tool, stick, "1.2.0", List.of(first, second));
      assertThat(agent.upgrades().check()).isInstanceOf(CheckResult.Available.class);
    }
  }

  private SelfUpgrade agent(Path stick, List<SigningKeyFiles> keys) {
    Path postgres = directory.resolve("postgres");
    Path firstKey = keys.get(0).publicKey();
    Path secondKey = keys.get(1).publicKey();
    // region agent
    return SelfUpgrade.builder("plc")
        .version("1.0.0")
        .store(PostgresStore.embedded(postgres))
        .upgrades(
            u ->
                u.from(DirectoryReleases.in(stick))
                    .trust(Trust.keys(Keys.file(firstKey), Keys.file(secondKey)).threshold(2)))
        .build();
    // endregion
  }

  private void publish(ReleaseTool tool, Path stick, String version, List<SigningKeyFiles> signers)
      throws Exception {
    Path jar = Files.writeString(directory.resolve("agent.jar"), "not a jar");
    List<Path> keys = signers.stream().map(SigningKeyFiles::privateKey).toList();
    Path release = tool.make(stick, ReleaseRecipe.of("plc", Version.parse(version)).jar(jar));
    tool.sign(release, keys);
    tool.publish(release, "stable", keys);
  }
}
