package io.selfupgrade.core.observe;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Version;
import io.selfupgrade.control.JobStore;
import io.selfupgrade.control.JobStore.Runner;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.Lease;
import io.selfupgrade.observe.HealthReport.Finding;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Reads what the store said; without it, what this instance knows by itself. */
final class StoreFindings {

  private static final String DATABASE = "database";
  private static final String LEASE = "lease";
  private static final String FREEZE = "freeze";
  private static final String SCHEDULE = "schedule";
  private static final String VERSION = "version";
  private static final String JOBS = "jobs";

  private static final double NANOS_IN_MILLI = 1e6;

  private final InstanceRecord self;
  private final Surroundings agent;

  StoreFindings(InstanceRecord self, Surroundings agent) {
    this.self = self;
    this.agent = agent;
  }

  List<Finding> of(StoreLook look) {
    List<Finding> findings = new ArrayList<>();
    findings.add(
        Finding.up(
            DATABASE,
            String.format(
                Locale.ROOT,
                "answered in %.1f ms; %s",
                look.store().latency().toNanos() / NANOS_IN_MILLI,
                look.store().description())));
    findings.add(lease(look.lease()));
    findings.add(version(look));
    findings.add(freeze(agent.frozenHere().or(look::frozen)));
    findings.add(schedule(look.late()));
    findings.add(jobs(look.jobs()));
    return findings;
  }

  List<Finding> unreached(String why) {
    boolean started = agent.uptime().isPresent();
    List<Finding> findings = new ArrayList<>();
    findings.add(
        Finding.degraded(
            DATABASE,
            why,
            started
                ? "check the database and the way to it; claims and upgrades wait, and it is tried"
                    + " again"
                : "call start()"));
    Optional<Fence> fence = agent.fence();
    findings.add(
        fence.isPresent()
            ? Finding.degraded(
                LEASE,
                "leads at epoch " + fence.get().epoch() + " for as long as the lease lasts",
                "the lead is laid down if the database stays away")
            : Finding.degraded(
                LEASE, "does not lead, as far as it knows", "nobody can take the lead meanwhile"));
    findings.add(freeze(agent.frozenHere()));
    findings.add(
        Finding.degraded(SCHEDULE, "cannot be read", "due ticks are made up for when it can"));
    return findings;
  }

  private Finding lease(Optional<Lease> lease) {
    if (lease.isEmpty()) {
      return Finding.degraded(
          LEASE, "nobody has ever led", "start an instance; the first takes the lead at once");
    }
    Lease found = lease.get();
    String seen =
        "instance "
            + found.fence().holder()
            + " leads at epoch "
            + found.fence().epoch()
            + ", "
            + found.remaining().toMillis()
            + " ms left";
    if (found.expired()) {
      return Finding.degraded(
          LEASE, seen, "nobody leads: a standby takes over soon, if one runs and is connected");
    }
    boolean own = found.fence().holder().equals(self.id());
    if (own && agent.fence().isEmpty()) {
      return Finding.degraded(
          LEASE, seen + "; it cannot prove that at the moment", "it renews, or lays the lead down");
    }
    return Finding.up(LEASE, own ? "this " + seen : seen);
  }

  private Finding version(StoreLook look) {
    Optional<Version> confirmed = look.confirmed();
    if (confirmed.isEmpty() || confirmed.get().equals(self.version()) || look.upgrading()) {
      String seen = self.version() + (look.upgrading() ? ", an upgrade is under way" : "");
      return Finding.up(VERSION, seen);
    }
    return Finding.degraded(
        VERSION,
        self.version() + " runs, " + confirmed.get() + " is confirmed",
        "start the confirmed version, or publish this one under a newer number");
  }

  private static Finding freeze(Optional<String> why) {
    return why.isPresent()
        ? Finding.degraded(
            FREEZE, "forward effects are frozen: " + why.get(), "call unfreeze() to end it")
        : Finding.up(FREEZE, "not frozen");
  }

  private static Finding schedule(List<String> late) {
    if (late.isEmpty()) {
      return Finding.up(SCHEDULE, "nothing that is due stands still");
    }
    String names = String.join("; ", late.subList(0, Math.min(5, late.size())));
    return Finding.degraded(
        SCHEDULE,
        late.size() + " neither run nor running for two periods, or not to be read: " + names,
        "see that a primary runs, that some instance has the handlers, and that these do not take"
            + " all threads; schedule again what cannot be read");
  }

  private static Finding jobs(List<JobStore.Job> jobs) {
    List<JobStore.Job> stopped = jobs.stream().filter(JobStore.Job::stopped).toList();
    if (!stopped.isEmpty()) {
      return Finding.degraded(
          JOBS,
          stopped.stream().map(StoreFindings::stopped).collect(Collectors.joining("; ")),
          "look at cron.job_run_details, and that pg_cron is there; nobody watches this agent");
    }
    long database = jobs.stream().filter(job -> job.runner() == Runner.DATABASE).count();
    return Finding.up(JOBS, database + " of " + jobs.size() + " are run by the database");
  }

  /** Says how long a job has not run, and what it said the last time. */
  static String stopped(JobStore.Job job) {
    return job.name()
        + " is to run every "
        + job.every()
        + " and did not for "
        + job.quiet().truncatedTo(ChronoUnit.SECONDS)
        + job.note().map(note -> "; the last time: " + note).orElse("");
  }
}
