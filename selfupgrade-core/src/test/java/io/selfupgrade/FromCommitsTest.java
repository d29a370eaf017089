package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.selfupgrade.agent.ConfigurationException;
import io.selfupgrade.core.local.LauncherLink;
import io.selfupgrade.failover.Role;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.testkit.InMemoryPlatform;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.upgrade.CheckResult;
import io.selfupgrade.upgrade.CommitSigners;
import io.selfupgrade.upgrade.CommitSource;
import io.selfupgrade.upgrade.Install;
import io.selfupgrade.upgrade.KeptUntil;
import io.selfupgrade.upgrade.LocalBuild;
import io.selfupgrade.upgrade.SignedDocument;
import io.selfupgrade.upgrade.Trust;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commits are built on this machine by one name alone, and where that can be done. */
class FromCommitsTest {

  private static final String KEY =
      "ada ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
  private static final Trust COMMITS = Trust.verifiedCommits(CommitSigners.parse(KEY));
  private static final LocalBuild BUILD = LocalBuild.of("target/a.jar", "VERSION", "make");

  @TempDir Path directory;

  @Test
  void anotherTrustBuildsNothing() throws Exception {
    assertProblem(
        u -> u.fromCommits(new Untouched(), BUILD).trust(Trust.keys(WrongSettings.KEY)),
        "upgrades(u -> u.fromCommits(...)) builds on this machine",
        "Trust.verifiedCommits(...)");
    assertThat(directory.resolve("builds")).doesNotExist();
  }

  @Test
  void releasesAreNotTrustedByWhoSignsCommits() throws Exception {
    assertProblem(
        u -> u.from(WrongSettings.source()).trust(COMMITS),
        "u.trust(Trust.verifiedCommits(...))",
        "call fromCommits(...)");
  }

  @Test
  void twoSourcesAreNamed() throws Exception {
    assertProblem(
        u -> u.from(WrongSettings.source()).fromCommits(new Untouched(), BUILD).trust(COMMITS),
        "two sources");
    assertProblem(
        u ->
            u.fromCommits(new Untouched(), BUILD)
                .fromCommits(new Untouched(), BUILD)
                .trust(COMMITS),
        "u.fromCommits(...)",
        "twice");
    assertProblem(
        u -> u.fromCommits(null, BUILD).from(WrongSettings.source()).trust(COMMITS),
        "fromCommits(...)",
        "null");
  }

  @Test
  void noPlatformRunsWhatIsBuiltHere() throws Exception {
    assertProblem(
        u ->
            u.fromCommits(new Untouched(), BUILD)
                .trust(COMMITS)
                .installBy(Install.deploying(new InMemoryPlatform(KeptUntil.CONFIRMED, false))),
        "does not go with installBy");
  }

  @Test
  void withoutALauncherThereIsNoHome() {
    SelfUpgradeBuilder builder =
        SelfUpgrade.builder("tested")
            .store(WrongSettings.store())
            .version("1.0.0")
            .upgrades(u -> u.fromCommits(new Untouched(), BUILD).trust(COMMITS));

    assertThat(problems(builder))
        .singleElement()
        .satisfies(problem -> assertThat(problem).contains("needs the launcher"));
  }

  @Test
  void aHomeThatCannotBeUsedIsNamed() throws Exception {
    SelfUpgradeBuilder builder =
        launched(u -> u.fromCommits(new Untouched(), BUILD).trust(COMMITS));
    Files.createFile(directory.resolve("builds"));

    assertThat(problems(builder))
        .singleElement()
        .satisfies(problem -> assertThat(problem).contains("fromCommits", directory.toString()));
  }

  @Test
  void buildAsksNobodyAndMakesTheKey() throws Exception {
    launched(u -> u.fromCommits(new Untouched(), BUILD).trust(COMMITS)).build().close();

    assertThat(directory.resolve("builds/key/builds.key")).exists();
  }

  @Test
  void aDevelopersProcessBuildsNothingAndFindsNothing() throws Exception {
    InMemoryStore store = WrongSettings.store();
    store.open(AgentStore.SchemaMode.APPLY);
    try (SelfUpgrade agent =
        SelfUpgrade.builder("tested")
            .store(store)
            .version("1.0.0")
            .role(Role.LOCAL)
            .upgrades(u -> u.fromCommits(new Untouched(), BUILD).trust(COMMITS))
            .build()) {
      agent.start();

      assertThat(agent.checkForUpdates()).isEmpty();
      assertThat(agent.upgrades().check()).isNotInstanceOf(CheckResult.Available.class);
    }
  }

  private void assertProblem(Consumer<UpgradesBuilder> how, String... said) throws Exception {
    assertThat(problems(launched(how))).anySatisfy(problem -> assertThat(problem).contains(said));
  }

  private SelfUpgradeBuilder launched(Consumer<UpgradesBuilder> how) throws Exception {
    Path slot = Files.createDirectories(directory.resolve("versions/1.4.0"));
    Files.writeString(
        slot.resolve("launch.properties"),
        "version=1.4.0\nmanifestSha256=" + "0".repeat(64) + "\n");
    Map<String, String> environment =
        WrongSettings.environment(directory, UUID.randomUUID().toString());
    return SelfUpgrade.builder("tested")
        .store(WrongSettings.store())
        .launcher(() -> LauncherLink.from(environment))
        .upgrades(how);
  }

  private static List<String> problems(SelfUpgradeBuilder builder) {
    ConfigurationException all = catchThrowableOfType(ConfigurationException.class, builder::build);
    assertThat(all).as("build() refuses").isNotNull();
    return all.problems();
  }

  /** A source that nobody may ask. */
  private static final class Untouched implements CommitSource {

    @Override
    public String describe() {
      return "nobody";
    }

    @Override
    public Optional<String> newest(Optional<String> running) {
      throw new AssertionError("asked for a commit");
    }

    @Override
    public SignedDocument signed(String commit) {
      throw new AssertionError("asked for a signature");
    }

    @Override
    public InputStream files(String commit) {
      throw new AssertionError("asked for files");
    }
  }
}
