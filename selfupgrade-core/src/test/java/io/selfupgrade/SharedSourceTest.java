package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Version;
import io.selfupgrade.failover.Role;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.upgrade.ReleaseSource;
import io.selfupgrade.upgrade.SignedDocument;
import io.selfupgrade.upgrade.SourceStore;
import io.selfupgrade.upgrade.Trust;
import io.selfupgrade.upgrade.UpgradeOutcome;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** A source of releases is given the agent's store, and hears of news. */
class SharedSourceTest {

  private static final Duration SOON = Duration.ofSeconds(20);

  private final InMemoryStore store = new InMemoryStore(Clock.systemUTC());

  @Test
  void agentAsksTheSourceThatSharesItsStoreAndSaysWhenAPersonExpectsNews() throws Exception {
    List<String> told = new CopyOnWriteArrayList<>();
    try (SelfUpgrade agent = agent(told)) {
      assertThat(told).containsExactly("shared");
      agent.start();
      Eventually.holds("it leads", SOON, () -> agent.role() == Role.PRIMARY);
      agent.checkForUpdates();
      assertThat(told).contains("looked").doesNotContain("news");

      UpgradeOutcome end = agent.upgrade();
      assertThat(end).isInstanceOf(UpgradeOutcome.UpToDate.class);

      assertThat(told).contains("news").doesNotContain("asked without a store");
      assertThat(told.subList(told.indexOf("news"), told.size())).contains("looked");
    }
  }

  @Test
  void onlyAPrimaryThatIsNotFrozenHasAReleaseMade() throws Exception {
    List<String> told = new CopyOnWriteArrayList<>();
    try (SelfUpgrade agent = agent(told)) {
      agent.start();
      Eventually.holds("it leads", SOON, () -> agent.role() == Role.PRIMARY);
      agent.freeze("audit");
      agent.upgrade();
      agent.healthCheck();
      agent.checkForUpdates();
      assertThat(told).contains("looked").doesNotContain("sought");

      agent.unfreeze();
      Eventually.holds(
          "an upgrade looks for something newer",
          SOON,
          () -> {
            agent.upgrades().request();
            return told.contains("sought");
          });
    }
  }

  private SelfUpgrade agent(List<String> told) {
    return SelfUpgrade.builder("sharing")
        .version("1.0.0")
        .store(store)
        .upgrades(u -> u.from(new Described(told)).trust(Trust.keys(WrongSettings.KEY)))
        .build();
  }

  /** Must be shared before it is asked. */
  private record Described(List<String> told) implements ReleaseSource {

    @Override
    public ReleaseSource sharing(SourceStore shared) {
      told.add("shared");
      return new Shared(told);
    }

    @Override
    public String describe() {
      return "not shared yet";
    }

    @Override
    public Optional<SignedDocument> latest(String channel, int maxBytes) {
      told.add("asked without a store");
      return Optional.empty();
    }

    @Override
    public Optional<SignedDocument> manifest(Version version, int maxBytes) {
      return Optional.empty();
    }

    @Override
    public InputStream open(Version version, String path) throws IOException {
      throw new NoSuchFileException(path);
    }
  }

  private record Shared(List<String> told) implements ReleaseSource {

    @Override
    public void seek(String channel) {
      told.add("sought");
    }

    @Override
    public void expectNews() {
      told.add("news");
    }

    @Override
    public String describe() {
      return "shared";
    }

    @Override
    public Optional<SignedDocument> latest(String channel, int maxBytes) {
      told.add("looked");
      return Optional.empty();
    }

    @Override
    public Optional<SignedDocument> manifest(Version version, int maxBytes) {
      return Optional.empty();
    }

    @Override
    public InputStream open(Version version, String path) throws IOException {
      throw new NoSuchFileException(path);
    }
  }
}
