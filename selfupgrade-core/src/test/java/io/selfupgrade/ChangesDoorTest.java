package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.ConfigurationException;
import io.selfupgrade.change.Change;
import io.selfupgrade.change.ChangeBrief;
import io.selfupgrade.change.ChangeProgress;
import io.selfupgrade.change.ChangeRecord;
import io.selfupgrade.change.ChangeRefusal;
import io.selfupgrade.change.ChangeResult;
import io.selfupgrade.change.ChangeState;
import io.selfupgrade.change.ChangeTarget;
import io.selfupgrade.change.Proposer;
import io.selfupgrade.failover.Role;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.InMemoryStore;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The door to changes: what it gives to a target, and to whom. */
final class ChangesDoorTest {

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Change CHANGE = Change.of("Greet", "why").put("a.md", "x").key("greeting");

  private final InMemoryStore store = new InMemoryStore(Clock.systemUTC());
  private final Notebook target = new Notebook();
  private final SelfUpgrade agent = builder().changesTo(target).build();

  @AfterEach
  void close() {
    agent.close();
  }

  @Test
  void primaryProposesAndFollowsAndTheJournalSaysSo() {
    assertThat(agent.changes().propose(CHANGE)).isInstanceOf(ChangeResult.Refused.class);
    assertThat(agent.changes().history(10)).isEmpty();
    lead();

    ChangeResult result = agent.changes().propose(CHANGE);

    assertThat(result).isInstanceOf(ChangeResult.Open.class);
    assertThat(agent.changes().follow("greeting")).isEqualTo(result);
    assertThat(agent.changes().history(10))
        .singleElement()
        .satisfies(row -> assertThat(row.state()).isEqualTo(ChangeState.READY));
    assertThat(target.author)
        .hasValueSatisfying(
            author -> {
              assertThat(author.instance()).isEqualTo(agent.instance());
              assertThat(author.version()).isEqualTo(agent.version());
            });
  }

  @Test
  void keyThatNobodyProposedIsUnknown() {
    assertThat(agent.changes().follow("another"))
        .isInstanceOfSatisfying(
            ChangeResult.Refused.class,
            refused -> assertThat(refused.code()).isEqualTo(ChangeRefusal.UNKNOWN));
  }

  @Test
  void freezeStopsIt() {
    lead();
    agent.freeze("an audit");

    assertThat(agent.changes().propose(CHANGE).summary()).contains("FROZEN", "an audit");

    agent.unfreeze();
    assertThat(agent.changes().propose(CHANGE)).isInstanceOf(ChangeResult.Open.class);
  }

  @Test
  void withoutATargetTheDoorNamesTheCall() {
    try (SelfUpgrade without = builder().build()) {
      assertThatThrownBy(without::changes)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("changesTo(...)");
    }
    assertThatThrownBy(() -> builder().changesTo(target).changesTo(target).build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("changesTo(...)");
  }

  private SelfUpgradeBuilder builder() {
    return SelfUpgrade.builder("changing").version("1.4.0").store(store);
  }

  private void lead() {
    agent.start();
    Eventually.holds("it leads", SOON, () -> agent.role() == Role.PRIMARY);
  }

  /** A target that journals and has nobody behind it. */
  private static final class Notebook implements ChangeTarget {
    private Optional<Proposer.Author> author = Optional.empty();

    @Override
    public String name() {
      return "notebook";
    }

    @Override
    public ChangeResult propose(Change change, Proposer by) {
      author = Optional.of(by.author());
      Optional<ChangeResult.Refused> stopped = by.stopped();
      if (stopped.isPresent()) {
        return stopped.get();
      }
      return follow(
          by.journal()
              .begin(by.fence().get().orElseThrow(), ChangeBrief.of(name(), change))
              .orElseThrow(),
          by);
    }

    @Override
    public ChangeResult follow(ChangeRecord change, Proposer by) {
      by.journal()
          .note(
              by.fence().get().orElseThrow(),
              change.id(),
              ChangeState.READY,
              ChangeProgress.NONE,
              "");
      return new ChangeResult.Open(change.noted(ChangeState.READY, ChangeProgress.NONE, ""));
    }
  }
}
