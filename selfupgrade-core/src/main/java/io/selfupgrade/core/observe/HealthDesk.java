package io.selfupgrade.core.observe;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.core.observe.Questions.Answer;
import io.selfupgrade.core.observe.Questions.Asked;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.Role;
import io.selfupgrade.observe.HealthProbe;
import io.selfupgrade.observe.HealthReport;
import io.selfupgrade.observe.HealthReport.Finding;
import io.selfupgrade.store.AgentStore;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds out how well the agent is: asks everything at once, and waits for each no longer than its
 * time.
 */
final class HealthDesk {

  private static final Duration FOR_STORE = Duration.ofSeconds(3);
  private static final Duration FOR_SOURCE = Duration.ofSeconds(5);
  private static final Duration FOR_DISK = Duration.ofSeconds(1);
  private static final Duration FOR_PROBE = Duration.ofSeconds(5);
  private static final Duration GOOD_FOR = Duration.ofMinutes(1);
  private static final Duration BAD_FOR = Duration.ofSeconds(10);
  private static final Duration GOOD_FOR_NEWS = Duration.ofMinutes(15);
  private static final int MOST_DOUBLINGS = 4;
  private static final int INDEX_BYTES = 64 << 10;
  private static final long LITTLE_SPACE = 512L << 20;
  private static final String IN_PROBES = "mend what it asks for, or the probe itself";

  private final AgentStore store;
  private final InstanceRecord self;
  private final ObserveSettings settings;
  private final Surroundings agent;
  private final Questions questions;
  private final LocalFindings local;
  private final BudgetDesk budget;
  private final Clock clock;
  private Optional<Finding> source = Optional.empty();
  private long sourceAskedNanos;
  private int sourceFailures;

  HealthDesk(
      AgentStore store,
      Self self,
      ObserveSettings settings,
      Questions questions,
      LocalFindings local,
      BudgetDesk budget) {
    this.store = store;
    this.self = self.record();
    this.settings = settings;
    this.agent = self.agent();
    this.questions = questions;
    this.local = local;
    this.budget = budget;
    this.clock = self.clock();
  }

  /** Asks everything, for somebody who wants to know. */
  HealthReport check() throws InterruptedException {
    Map<String, HealthProbe> probes = new LinkedHashMap<>();
    ObserveSettings.Checks checks = settings.checks();
    checks.probes().forEach((name, probe) -> probes.put(named("probe", name), probe));
    checks.probation().forEach((name, probe) -> probes.put(named("probe", name), probe));
    checks.criticalPaths().forEach((name, path) -> probes.put(named("critical path", name), path));
    return check(probes, sourceIsGood() ? GOOD_FOR : BAD_FOR);
  }

  /** Asks what may be asked again and again without anybody's wish, for ever. */
  HealthReport checkForNews() throws InterruptedException {
    Map<String, HealthProbe> probes = new LinkedHashMap<>();
    settings.checks().probes().forEach((name, probe) -> probes.put(named("probe", name), probe));
    return check(probes, GOOD_FOR_NEWS.multipliedBy(1L << sourceDoublings()));
  }

  private static String named(String kind, String name) {
    return kind + " \"" + name + "\"";
  }

  private HealthReport check(Map<String, HealthProbe> checks, Duration sourceGoodFor)
      throws InterruptedException {
    long start = System.nanoTime();
    AgentName name = self.agent();
    Optional<Asked<StoreLook>> storeAsked =
        agent.connected()
            ? Optional.of(
                questions.ask("store", FOR_STORE, () -> StoreLook.at(store, name, agent::late)))
            : Optional.empty();
    Asked<Long> disk =
        questions.ask("disk", FOR_DISK, () -> Files.getFileStore(settings.disk()).getUsableSpace());
    Optional<Asked<Boolean>> sourceAsked = askSource(sourceGoodFor);
    Map<String, Asked<Boolean>> probes = new LinkedHashMap<>();
    checks.forEach((part, probe) -> probes.put(part, ask(part, probe)));

    List<Finding> findings = new ArrayList<>();
    findings.addAll(store(storeAsked));
    findings.add(source(sourceAsked));
    findings.add(disk(disk.await()));
    findings.add(budget.finding());
    findings.addAll(local.findings());
    if (probes.isEmpty()) {
      findings.add(
          Finding.notConfigured("probes", "call observe(o -> o.probe(...)) on the builder"));
    }
    for (Map.Entry<String, Asked<Boolean>> probe : probes.entrySet()) {
      findings.add(probe(probe.getKey(), probe.getValue()));
    }
    return new HealthReport(
        identity(), clock.instant(), Duration.ofNanos(System.nanoTime() - start), findings);
  }

  private HealthReport.Identity identity() {
    Optional<Fence> fence = agent.fence();
    return new HealthReport.Identity(
        self.agent(),
        self.version(),
        self.build(),
        self.id(),
        role(fence),
        fence.map(Fence::epoch).orElse(0L));
  }

  private Role role(Optional<Fence> fence) {
    if (agent.local()) {
      return Role.LOCAL;
    }
    return fence.isPresent() ? Role.PRIMARY : Role.STANDBY;
  }

  private List<Finding> store(Optional<Asked<StoreLook>> asked) throws InterruptedException {
    StoreFindings findings = new StoreFindings(self, agent);
    if (asked.isEmpty()) {
      return findings.unreached("not connected");
    }
    Answer<StoreLook> answer = asked.get().await();
    if (answer.value().isPresent()) {
      return findings.of(answer.value().get());
    }
    return findings.unreached(
        answer.failure().map(HealthDesk::text).orElse("no answer since " + asked.get().age()));
  }

  private Asked<Boolean> ask(String part, HealthProbe probe) {
    return questions.ask(
        part,
        FOR_PROBE,
        () -> {
          probe.check();
          return true;
        });
  }

  private static Finding probe(String part, Asked<Boolean> asked) throws InterruptedException {
    Answer<Boolean> answer = asked.await();
    if (answer.value().isPresent()) {
      return Finding.up(part, "passed");
    }
    return answer
        .failure()
        .map(failure -> Finding.down(part, text(failure), IN_PROBES))
        .orElseGet(() -> Finding.down(part, "hangs: no answer since " + asked.age(), IN_PROBES));
  }

  private synchronized boolean sourceIsGood() {
    return source.isPresent() && sourceFailures == 0;
  }

  private synchronized int sourceDoublings() {
    return Math.min(sourceFailures, MOST_DOUBLINGS);
  }

  private synchronized Optional<Asked<Boolean>> askSource(Duration goodFor) {
    boolean fresh = source.isPresent() && System.nanoTime() - sourceAskedNanos < goodFor.toNanos();
    if (fresh) {
      return Optional.empty();
    }
    return settings
        .releases()
        .map(
            releases ->
                questions.ask(
                    "releases",
                    FOR_SOURCE,
                    () -> releases.source().latest(releases.channel(), INDEX_BYTES).isPresent()));
  }

  private Finding source(Optional<Asked<Boolean>> asked) throws InterruptedException {
    if (settings.releases().isEmpty()) {
      return Finding.notConfigured(
          "releases", "call upgrades(u -> u.from(...).trust(...)) on the builder");
    }
    String name = settings.releases().get().source().describe();
    if (asked.isEmpty()) {
      synchronized (this) {
        return source.orElseGet(() -> Finding.up("releases", name + ", not asked yet"));
      }
    }
    Answer<Boolean> answer = asked.get().await();
    Finding finding =
        answer
            .value()
            .map(
                there ->
                    Finding.up("releases", name + (there ? " has an index" : " is empty so far")))
            .orElseGet(
                () ->
                    Finding.degraded(
                        "releases",
                        name + ": " + answer.failure().map(HealthDesk::text).orElse("no answer"),
                        "upgrades wait: check the source and the way to it"));
    synchronized (this) {
      source = Optional.of(finding);
      sourceAskedNanos = System.nanoTime();
      sourceFailures = answer.value().isPresent() ? 0 : sourceFailures + 1;
    }
    return finding;
  }

  private Finding disk(Answer<Long> answer) {
    if (answer.value().isEmpty()) {
      return Finding.degraded(
          "disk",
          settings.disk() + ": " + answer.failure().map(HealthDesk::text).orElse("no answer"),
          "check the directory and its mount");
    }
    long free = answer.value().get();
    String seen = (free >> 20) + " MiB free at " + settings.disk();
    return free < LITTLE_SPACE
        ? Finding.degraded("disk", seen, "make room: releases and the spool need it")
        : Finding.up("disk", seen);
  }

  private static String text(Throwable failure) {
    return String.valueOf(failure);
  }
}
