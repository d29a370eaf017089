package io.selfupgrade.core.observe;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.control.JobStore;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.observe.HealthReport;
import io.selfupgrade.observe.HealthStatus;
import io.selfupgrade.observe.LogEvent;
import io.selfupgrade.observe.Notification;
import io.selfupgrade.observe.Notification.Kind;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.upgrade.UpgradeJournal;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Sees what people should hear of, and files it.
 *
 * <p>Outcomes are read from the journal and filed under the upgrade's id: what one primary could
 * not file because it died, the next one files, and nothing is filed twice.
 */
final class News {

  private static final int HISTORY = 20;
  private static final Duration NEW_FOR = Duration.ofDays(1);

  private final AgentStore store;
  private final InstanceRecord self;
  private final List<String> notifiers;
  private final Surroundings agent;
  private final Counters counters;
  private final Clock clock;
  private final Set<String> filed = new HashSet<>();
  private final Set<String> toldStopped = new HashSet<>();
  private HealthStatus toldHealth = HealthStatus.UP;
  private Optional<Freeze> toldFreeze = Optional.empty();

  News(AgentStore store, Self self, List<String> notifiers, Counters counters) {
    this.store = store;
    this.self = self.record();
    this.notifiers = notifiers;
    this.agent = self.agent();
    this.counters = counters;
    this.clock = self.clock();
  }

  void outcomes(Fence fence) {
    Instant oldest = clock.instant().minus(NEW_FOR);
    for (UpgradeRecord upgrade : store.journal().history(self.agent(), HISTORY)) {
      Optional<UpgradeOutcome> outcome = upgrade.outcome();
      String key = "upgrade:" + upgrade.id() + ":" + upgrade.phase();
      boolean news =
          outcome.isPresent()
              && !(outcome.get() instanceof UpgradeOutcome.UpToDate)
              && upgrade.decision().at().isAfter(oldest);
      if (news && !filed.contains(key)) {
        file(fence, key, Kind.UPGRADE, outcome.get().name(), outcome.get().summary());
        filed.add(key);
      }
    }
  }

  void freeze(Fence fence) {
    Optional<Freeze> freeze = journalled().or(this::byTheFlag);
    if (freeze.equals(toldFreeze)) {
      return;
    }
    if (freeze.isPresent()) {
      // The same freeze is seen by each primary: its time makes it one for all of them.
      String key = "frozen:" + freeze.get().since().toEpochMilli();
      String text = freeze.get().why() + "\nunfreeze() ends it.";
      file(fence, key, Kind.FREEZE, "Upgrades are frozen", text);
    } else {
      String key = "unfrozen:" + clock.millis();
      file(fence, key, Kind.FREEZE, "Upgrades are not frozen any more", "");
    }
    toldFreeze = freeze;
  }

  private Optional<Freeze> journalled() {
    UpgradeJournal journal = store.journal();
    return journal
        .frozen(self.agent())
        .flatMap(why -> journal.frozenSince(self.agent()).map(since -> new Freeze(why, since)));
  }

  /** A flag that does not say since when is told once a day. */
  private Optional<Freeze> byTheFlag() {
    return agent
        .frozenHere()
        .map(
            why ->
                new Freeze(
                    why,
                    agent
                        .frozenHereSince()
                        .orElseGet(() -> clock.instant().truncatedTo(ChronoUnit.DAYS))));
  }

  void health(Fence fence, HealthReport report) {
    boolean down = report.status() == HealthStatus.DOWN;
    if (down == (toldHealth == HealthStatus.DOWN)) {
      return;
    }
    file(
        fence,
        "health:" + self.id() + ":" + report.at().toEpochMilli(),
        Kind.HEALTH,
        down ? "The agent is DOWN" : "The agent is " + report.status() + " again",
        report.summary());
    toldHealth = report.status();
  }

  /** The other half of the mutual watch: the database watches the agent, the agent its jobs. */
  void jobs(Fence fence) {
    for (JobStore.Job job : store.jobs().all()) {
      if (!job.stopped()) {
        toldStopped.remove(job.name());
      } else if (toldStopped.add(job.name())) {
        // The number of its last run makes it one for all primaries that see it.
        file(
            fence,
            "job-stopped:" + job.name() + ":" + job.runs(),
            Kind.HEALTH,
            "The job " + job.name() + " does not run any more",
            StoreFindings.stopped(job));
      }
    }
  }

  private void file(Fence fence, String key, Kind kind, String what, String text) {
    String title = self.agent() + ": " + what;
    counters.filed.add(
        store
            .outbox()
            .file(
                new Notification(
                    self.agent(), key, kind, LogText.message(title), LogText.message(text)),
                notifiers,
                new LogEvent.Stamp(self.id(), fence.epoch())));
  }

  private record Freeze(String why, Instant since) {}
}
