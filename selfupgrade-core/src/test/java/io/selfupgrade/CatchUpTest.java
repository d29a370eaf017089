package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.ConfigurationException;
import io.selfupgrade.failover.PrimaryWork;
import io.selfupgrade.failover.Role;
import io.selfupgrade.observe.LogEvent;
import io.selfupgrade.observe.LogLevel;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.testkit.ManualClock;
import io.selfupgrade.upgrade.MissedDeliveries;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What could not be delivered while nobody was there is asked for when somebody is. */
class CatchUpTest {

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final AgentName NAME = new AgentName("away");

  private static final String TASK = "selfupgrade.missed-deliveries";

  private final ManualClock clock = ManualClock.at(Instant.parse("2026-11-23T07:00:00Z"));
  private final InMemoryStore rows = new InMemoryStore(clock);
  private final FaultyStore store = FaultyStore.around(rows);
  private final Sender sender = new Sender();
  private final AtomicInteger working = new AtomicInteger();
  private final SelfUpgrade agent = builder().store(store).missedDeliveries(sender).build();

  @AfterEach
  void close() {
    agent.close();
  }

  @Test
  void whoFirstLeadsAsksAndLogsWhatCameOfIt() {
    agent.start();

    Eventually.holds("it is logged", SOON, () -> !events().isEmpty());

    assertThat(sender.calls).hasValue(1);
    LogEvent event = events().get(0);
    assertThat(event.level()).isEqualTo(LogLevel.INFO);
    assertThat(event.message()).isEqualTo("deliveries that had failed are made again");
    assertThat(event.context().toString()).contains("played", "\"failed\":2", "\"asked\":2");
  }

  @Test
  void aSenderThatHangsDelaysNeitherStartNorWorkNorEnd() {
    CountDownLatch release = new CountDownLatch(1);
    sender.answers =
        () -> {
          try {
            release.await();
          } catch (InterruptedException e) {
            throw new AdapterException("Played", "interrupted", true, e);
          }
          return new MissedDeliveries.Redelivered(0, 0, 0);
        };

    agent.start();

    Eventually.holds("it works", SOON, () -> working.get() == 1 && sender.calls.get() == 1);
    assertThat(events()).isEmpty();
    agent.close();
    Eventually.holds("nobody waits", SOON, () -> sender.ended.get() == 1);
  }

  @Test
  void itIsAskedOnceByAProcessAndEveryHourByATask() {
    agent.start();
    Eventually.holds("it is asked", SOON, () -> events().size() == 1);
    store.goAway();
    clock.advance(Duration.ofMinutes(5));
    Eventually.holds("the lead is laid down", SOON, () -> agent.role() != Role.PRIMARY);
    store.comeBack();
    Eventually.holds("it works again", SOON, () -> working.get() == 1);
    assertThat(sender.calls).as("it leads for the second time").hasValue(1);
    Eventually.holds("the task has its first tick", SOON, this::planned);

    clock.advance(Duration.ofHours(1));

    Eventually.holds("the task asks", SOON, () -> sender.calls.get() == 2);
    assertThat(rows.tasks().history(NAME, TASK, 5)).hasSize(1);
  }

  @Test
  void aSenderThatIsAwayIsLoggedAndNothingElse() {
    sender.answers =
        () -> {
          throw new AdapterException("Played", "it cannot be reached", true, null);
        };
    agent.start();

    Eventually.holds("it is logged", SOON, () -> !events().isEmpty());

    assertThat(events().get(0).level()).isEqualTo(LogLevel.WARN);
    assertThat(events().get(0).context().toString()).contains("it cannot be reached");
    assertThat(agent.role()).isEqualTo(Role.PRIMARY);
  }

  @Test
  void whatAnAdapterShouldNotThrowTellsItsKindOnly() {
    sender.answers =
        () -> {
          throw new IllegalStateException("s3cret");
        };
    agent.start();

    Eventually.holds("it is logged", SOON, () -> !events().isEmpty());

    assertThat(events().toString()).contains("IllegalStateException").doesNotContain("s3cret");
  }

  @Test
  void aStandbyAsksNobody() {
    agent.start();
    Eventually.holds("it leads", SOON, () -> events().size() == 1);
    Sender others = new Sender();
    try (SelfUpgrade standby =
        builder().store(InMemoryStore.sharing(rows)).missedDeliveries(others).build()) {
      standby.start();
      Eventually.holds("it is there", SOON, () -> rows.instances().living(NAME).size() == 2);
      assertThat(others.calls).hasValue(0);
    }
  }

  @Test
  void whatIsToldTwiceOrNotAtAllIsNamed() {
    assertThatThrownBy(
            () -> builder().store(rows).missedDeliveries(sender).missedDeliveries(sender).build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("missedDeliveries(...)");
  }

  private SelfUpgradeBuilder builder() {
    return SelfUpgrade.builder(NAME.value())
        .version("1.0.0")
        .leaseTime(Duration.ofSeconds(1))
        .whilePrimary(PrimaryWork.of(working::incrementAndGet, working::decrementAndGet));
  }

  /** The ticks are a thread of their own: leading does not mean that they have begun. */
  private boolean planned() {
    return rows.tasks().agenda(NAME, Set.of(TASK)).tasks().stream()
        .anyMatch(task -> task.nextDue().isPresent());
  }

  private List<LogEvent> events() {
    return rows.logs().newest(NAME, 10).stream()
        .filter(event -> event.message().contains("deliver"))
        .toList();
  }

  /** A sender that says what the test wants. */
  private static final class Sender implements MissedDeliveries {

    private final AtomicInteger calls = new AtomicInteger();
    private final AtomicInteger ended = new AtomicInteger();
    private volatile Supplier<Redelivered> answers = () -> new Redelivered(5, 2, 2);

    @Override
    public String name() {
      return "played";
    }

    @Override
    public Redelivered redeliver() {
      calls.incrementAndGet();
      try {
        return answers.get();
      } finally {
        ended.incrementAndGet();
      }
    }
  }
}
