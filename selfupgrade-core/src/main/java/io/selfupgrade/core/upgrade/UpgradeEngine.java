package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.local.LauncherLink;
import io.selfupgrade.core.release.PullLimits;
import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.core.release.Staging;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.upgrade.CheckResult;
import io.selfupgrade.upgrade.FailedVersion;
import io.selfupgrade.upgrade.Freshness;
import io.selfupgrade.upgrade.PolicyStore;
import io.selfupgrade.upgrade.Proof;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.StepResult;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.TrustedKeys;
import io.selfupgrade.upgrade.UpdateAvailable;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import io.selfupgrade.upgrade.Upgrades;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine behind {@link Upgrades}: runs the pipeline, judges candidates, completes what was
 * begun.
 *
 * <p>One thread of its own from {@link #start} to {@link #close}; the calls of {@link Upgrades} run
 * on their callers' threads. Thread-safe.
 */
public final class UpgradeEngine implements Upgrades, AutoCloseable {

  static final Logger LOG = LoggerFactory.getLogger(UpgradeEngine.class);

  private static final Duration LOOK_FOR_END = Duration.ofMillis(100);
  private static final int MOST_HISTORY = 1000;

  private final Situation situation;
  private final KeysInForce keys;
  private final ReleaseFinder finder;
  private final Pipeline pipeline;
  private final Recovery recovery;
  private final Rounds rounds;
  private final ProbeRunner probes;

  /**
   * Prepares the engine; starts nothing and reads nothing.
   *
   * @param store the agent's store
   * @param self this instance
   * @param settings how the agent upgrades itself
   * @param host what this process stands on
   * @param side the rest of the agent
   * @param clock the wall clock, for expiry and retries
   */
  public UpgradeEngine(
      AgentStore store,
      InstanceRecord self,
      UpgradeSettings settings,
      Host host,
      PrimarySide side,
      Clock clock) {
    StepLog log = new StepLog(store.journal(), self.id(), settings.listeners());
    this.situation = new Situation(store, self, settings, host, side, log, clock);
    String thread = "selfupgrade-" + self.agent() + "-upgrade";
    this.probes = new ProbeRunner(settings.checks(), thread + "-probe");
    Optional<LauncherLink> link = host.link();
    Seen seen =
        new Seen(
            self.agent(),
            store.policies(),
            link.map(found -> found.home().root().resolve("seen")),
            clock);
    this.keys = new KeysInForce(self.agent(), store.policies(), settings.trust(), link);
    this.finder = new ReleaseFinder(self.agent(), settings, keys, seen);
    Staging staging = new Staging(host.homeOf(self), PullLimits.DEFAULT);
    this.pipeline = new Pipeline(situation, finder, staging, new HostMemory());
    Probation probation = new Probation(situation, probes, System::nanoTime);
    WayBack wayBack = WayBack.in(situation);
    this.recovery = new Recovery(situation, pipeline, probation, probes, wayBack);
    this.rounds = new Rounds(situation, pipeline, recovery, probation, wayBack, keys);
  }

  /** Starts the engine's thread; called once. */
  public void start() {
    rounds.start();
  }

  /** Returns this instance as it takes part in the election at the moment. */
  public InstanceRecord self() {
    return rounds.candidacy().self();
  }

  /** Looks whether this instance is a candidate, before it takes part in the election. */
  public void lookForTrial() {
    if (situation.host().platform().isPresent()) {
      rounds.lookForTrial();
    }
  }

  /** Looks again soon: a wake-up came, or leadership changed. */
  public void wake() {
    rounds.wake();
  }

  /** Before a new primary takes work up; blocks, at most until a candidate is dead. */
  public void beforeWork(Fence fence) throws InterruptedException {
    recovery.beforeWork(fence);
  }

  /** At the moment in which a new primary has taken its work up. */
  public void workStarted(Fence fence) {
    recovery.workStarted(fence);
  }

  /** After a new primary has taken its work up: probation begins, or the way back is completed. */
  public void afterWork(Fence fence) throws InterruptedException {
    recovery.afterWork(fence);
    rounds.wake();
  }

  /**
   * Notes that the host's exclusive work did not start.
   *
   * @return whether that is a verdict on a candidate; if not, the start is tried again
   */
  public boolean workFailed(Fence fence, Exception failure) {
    Optional<UpgradeRecord> open = situation.journal().openUpgrade(situation.agent());
    if (open.isEmpty() || !situation.isCandidateOf(open.get())) {
      return false;
    }
    Reason reason = new Reason(ReasonCode.WORK_FAILED, "PrimaryWork.start failed: " + failure);
    return situation.journal().selfCheck(fence, open.get().id(), Optional.of(reason));
  }

  /** Files a request for the schedule, if there is something that it has not seen to yet. */
  public void scheduled() {
    Optional<UpgradeRecord> open = situation.journal().openUpgrade(situation.agent());
    if (open.isPresent() && !superseded(open.get())) {
      return;
    }
    finder.seek(situation);
    CheckResult result = check();
    if (result instanceof CheckResult.Available available) {
      String build = available.update().release().id().manifestSha256();
      Optional<String> wait =
          RetryRule.wait(pipeline.ender().endsOf(build), situation.store().policies().now());
      if (wait.isEmpty()) {
        situation.journal().request(situation.agent(), Trigger.SCHEDULED);
        rounds.wake();
      } else {
        LOG.debug("{}: {}", available.summary(), wait.get());
      }
    } else if (!(result instanceof CheckResult.NothingNewer)) {
      rounds.tellOnce(result.summary());
    }
  }

  private boolean superseded(UpgradeRecord open) {
    Optional<Fence> fence = situation.fence();
    if (open.phase() != UpgradePhase.AWAITING_APPROVAL || fence.isEmpty()) {
      return false;
    }
    try {
      return pipeline.approvals().supersede(fence.get(), open);
    } catch (RefusalException | AdapterException e) {
      rounds.tellOnce(String.valueOf(e.getMessage()));
      return false;
    }
  }

  /** Asks for an upgrade, joins one that is open, and waits for the outcome. */
  public UpgradeOutcome upgrade(Trigger trigger) throws InterruptedException {
    UUID request = situation.journal().request(situation.agent(), trigger);
    rounds.wake();
    while (true) {
      Optional<UpgradeOutcome> outcome = outcomeOf(request);
      if (outcome.isPresent()) {
        return outcome.get();
      }
      rounds.ends().pause(LOOK_FOR_END);
    }
  }

  @Override
  public CheckResult check() {
    try {
      Optional<Release> newer = pipeline.look();
      return newer.isPresent()
          ? new CheckResult.Available(new UpdateAvailable(situation.version(), newer.get()))
          : new CheckResult.NothingNewer(situation.version());
    } catch (RefusalException e) {
      return new CheckResult.NotAcceptable(e.reason());
    } catch (AdapterException e) {
      ReasonCode code =
          e.port().equals("ReleaseSource") ? ReasonCode.SOURCE_UNAVAILABLE : ReasonCode.TROUBLE;
      return new CheckResult.NotReachable(new Reason(code, Ender.text(e)));
    }
  }

  @Override
  public Freshness freshness() {
    return finder.freshness();
  }

  @Override
  public TrustedKeys trustedKeys() {
    try {
      return keys.ring().describe();
    } catch (RefusalException e) {
      throw new AdapterException("Home", e.reason().message(), false, e);
    }
  }

  @Override
  public UUID request() {
    UUID request = situation.journal().request(situation.agent(), Trigger.MANUAL);
    rounds.wake();
    return request;
  }

  @Override
  public StepResult<Proof.Available> trigger(Trigger trigger) {
    return pipeline.trigger(trigger);
  }

  @Override
  public StepResult<Proof.Staged> pull(Proof.Available available) {
    return pipeline.pull(available);
  }

  @Override
  public StepResult<Proof.Validated> validate(Proof.Staged staged) {
    return pipeline.validate(staged);
  }

  @Override
  public StepResult<Proof.Prepared> backup(Proof.Validated validated) {
    return pipeline.backup(validated);
  }

  @Override
  public StepResult<Proof.Applied> deploy(Proof.Prepared prepared) {
    return pipeline.deploy(prepared);
  }

  @Override
  public UpgradeOutcome verify(Proof.Applied applied) {
    while (true) {
      Optional<UpgradeOutcome> outcome = outcome(applied.upgrade());
      if (outcome.isPresent()) {
        return outcome.get();
      }
      try {
        rounds.ends().pause(LOOK_FOR_END);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(
            "interrupted while probation runs; the upgrade goes on, ask history() for its end", e);
      }
    }
  }

  @Override
  public String report(UpgradeOutcome outcome) {
    LOG.info("upgrade of {}: {}: {}", situation.agent(), outcome.name(), outcome.summary());
    return outcome.summary();
  }

  @Override
  public Optional<UpgradeRecord> awaitingApproval() {
    return situation
        .journal()
        .openUpgrade(situation.agent())
        .filter(open -> open.phase() == UpgradePhase.AWAITING_APPROVAL);
  }

  @Override
  public boolean approve(UUID upgrade, String by) {
    return decide(open -> open.id().equals(upgrade), new PolicyStore.Verdict(true, by, ""));
  }

  @Override
  public boolean approve(String manifestSha256, String by) {
    return decide(
        open -> open.target().orElseThrow().manifestSha256().equals(manifestSha256),
        new PolicyStore.Verdict(true, by, ""));
  }

  @Override
  public boolean reject(UUID upgrade, String by, String why) {
    return decide(open -> open.id().equals(upgrade), new PolicyStore.Verdict(false, by, why));
  }

  @Override
  public UUID rollback(Version to, String by) {
    Objects.requireNonNull(to, "to");
    if (by.isBlank()) {
      throw new IllegalArgumentException("by is blank: name the person who decides");
    }
    UUID wish = situation.store().policies().askRollback(situation.agent(), to, by);
    rounds.wake();
    return wish;
  }

  private boolean decide(Predicate<UpgradeRecord> meant, PolicyStore.Verdict verdict) {
    Optional<UpgradeRecord> waiting = awaitingApproval().filter(meant);
    boolean decided =
        waiting.isPresent()
            && situation
                .store()
                .policies()
                .decide(
                    waiting.get().id(),
                    waiting.get().target().orElseThrow().manifestSha256(),
                    verdict);
    rounds.wake();
    return decided;
  }

  @Override
  public List<FailedVersion> failedVersions() {
    return situation.journal().failedVersions(situation.agent());
  }

  @Override
  public boolean forgive(Version version) {
    situation.link().ifPresent(link -> link.forgetFailed(version));
    return situation.journal().forgive(situation.agent(), version);
  }

  @Override
  public List<UpgradeRecord> history(int limit) {
    if (limit < 1 || limit > MOST_HISTORY) {
      throw new IllegalArgumentException("limit " + limit + ": expected 1 to " + MOST_HISTORY);
    }
    return situation.journal().history(situation.agent(), limit);
  }

  @Override
  public List<StepRecord> steps(UUID upgrade) {
    return situation.journal().steps(upgrade);
  }

  /** Ends the engine's threads; callers that wait for an outcome are interrupted. Idempotent. */
  @Override
  public void close() {
    rounds.close();
    probes.close();
  }

  /** Returns whether a caller still waits for an outcome that is in the journal already. */
  public boolean hasWaitingCallers() {
    return rounds.ends().waiting() > 0;
  }

  private Optional<UpgradeOutcome> outcomeOf(UUID request) {
    try {
      return situation.journal().answerOf(request).flatMap(this::outcome);
    } catch (AdapterException e) {
      LOG.debug("the outcome cannot be read at the moment", e);
      return Optional.empty();
    }
  }

  private Optional<UpgradeOutcome> outcome(UUID upgrade) {
    try {
      return situation.journal().find(upgrade).flatMap(UpgradeRecord::outcome);
    } catch (AdapterException e) {
      LOG.debug("the outcome cannot be read at the moment", e);
      return Optional.empty();
    }
  }
}
