package io.selfupgrade.core.observe;

import io.selfupgrade.observe.HealthReport.Finding;
import java.util.List;
import java.util.Optional;

/** What this process knows of itself without asking anybody. */
final class LocalFindings {

  private static final String WORK = "work";
  private static final String LOG = "log";
  private static final String NOTIFICATIONS = "notifications";

  private final Surroundings agent;
  private final LogWriter writer;
  private final LogQueue queue;
  private final Optional<Spool> spool;
  private final Counters counters;
  private final List<String> notifiers;

  LocalFindings(
      Surroundings agent,
      LogWriter writer,
      LogQueue queue,
      Optional<Spool> spool,
      Counters counters,
      List<String> notifiers) {
    this.agent = agent;
    this.writer = writer;
    this.queue = queue;
    this.spool = spool;
    this.counters = counters;
    this.notifiers = notifiers;
  }

  List<Finding> findings() {
    return List.of(work(), log(), notifications());
  }

  private Finding work() {
    return agent
        .workFailure()
        .map(
            why ->
                Finding.down(
                    WORK, "PrimaryWork.start failed: " + why, "mend it; it is tried again"))
        .orElseGet(
            () -> Finding.up(WORK, agent.uptime().isPresent() ? "as it should be" : "not started"));
  }

  private Finding log() {
    long dropped = counters.dropped.sum();
    String seen =
        queue.size()
            + " events in memory, "
            + spool.map(Spool::bytes).orElse(0L)
            + " bytes in the spool, "
            + dropped
            + " dropped";
    if (!writer.spoolTrouble().isEmpty()) {
      return Finding.degraded(
          LOG, seen + "; " + writer.spoolTrouble(), "make the spool " + place() + " writable");
    }
    if (dropped > 0) {
      return Finding.degraded(LOG, seen, "look for what was dropped in this process's own log");
    }
    if (writer.storeAway()) {
      return Finding.degraded(LOG, seen, "events are written when the database is back");
    }
    return Finding.up(
        LOG, spool.isPresent() ? seen : seen + "; without a spool, those in memory die with it");
  }

  private String place() {
    return spool.map(Spool::toString).orElse("");
  }

  private Finding notifications() {
    if (notifiers.isEmpty()) {
      return Finding.notConfigured(NOTIFICATIONS, "call notifyBy(...) on the builder");
    }
    long lost = counters.givenUp.sum();
    String seen = String.join(", ", notifiers) + ": " + counters.delivered.sum() + " delivered";
    return lost == 0
        ? Finding.up(NOTIFICATIONS, seen)
        : Finding.degraded(
            NOTIFICATIONS,
            seen + ", " + lost + " given up",
            "read the notes in the table notifications");
  }
}
