package io.selfupgrade.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LauncherTrialTest {
  private static final long AMPLE_MILLIS = 600_000;

  @TempDir Path directory;
  private final UUID upgrade = UUID.randomUUID();
  private TestHome test;

  @BeforeEach
  void createHome() throws IOException {
    test = new TestHome(directory);
    test.install("1.0.0");
    test.confirm("1.0.0");
  }

  @AfterEach
  void endEveryProcess() throws Exception {
    test.close();
  }

  @Test
  void startsTheCandidateBesideTheConfirmedVersion() throws Exception {
    test.install("1.1.0");
    UUID current = startCurrent();

    UUID candidate = tryVersion(current, "1.1.0");

    assertThat(test.livingInstances()).containsExactlyInAnyOrder(current, candidate);
    Candidate record = Candidate.read(test.home).orElseThrow();
    assertThat(record.latestInstance()).contains(candidate);
    assertThat(record.starts()).isEqualTo(1);
    assertThat(record.upgrade()).isEqualTo(upgrade);
    assertThat(record.trial().epoch()).isEqualTo(5);
    assertThat(record.trial().limit()).isEqualTo(Duration.ofMillis(AMPLE_MILLIS));
    assertThat(record.handedOver()).isFalse();
    assertThat(record.state()).isEqualTo(TrialState.RUNNING);
    assertThat(test.home.confirmedVersion()).contains("1.0.0");
    Path score = Path.of("/proc", Long.toString(pid(candidate)), "oom_score_adj");
    if (Files.exists(score)) {
      assertThat(Files.readString(score).strip()).isEqualTo("500");
    }
  }

  @Test
  void startsACandidateThreeTimesAndThenWaitsForAnAgent() throws Exception {
    test.install("1.1.0", "exit=3");
    UUID current = startCurrent();

    test.tryVersion(current, "1.1.0", upgrade, 5, AMPLE_MILLIS);
    Candidate candidate =
        test.awaitCandidate("exhausted", one -> one.state() == TrialState.EXHAUSTED);

    assertThat(candidate.starts()).isEqualTo(3);
    assertThat(candidate.why()).isEqualTo("it ended 3 times");
    List<String> starts =
        test.events(JournalEvent.STARTED).stream()
            .filter(entry -> entry.version().equals("1.1.0"))
            .map(JournalEntry::instance)
            .toList();
    assertThat(starts).hasSize(3);
    assertThat(test.awaitReaped(UUID.fromString(starts.get(2))).exitCode()).hasValue(3);
    assertThat(test.record(UUID.fromString(starts.get(2))).predecessor()).isEqualTo(starts.get(1));
    assertThat(test.livingInstances()).containsExactly(current);
    test.write(current, RequestKind.DROPPED, upgrade, 5);
    test.awaitTrue("end of the trial", () -> Candidate.read(test.home).isEmpty());
  }

  @Test
  void neverExecutesADamagedCandidate() throws Exception {
    test.install("1.1.0");
    Files.writeString(test.home.slot("1.1.0").resolve("extra.jar"), "planted");
    UUID current = startCurrent();

    test.tryVersion(current, "1.1.0", upgrade, 5, AMPLE_MILLIS);
    Candidate candidate =
        test.awaitCandidate("exhausted", one -> one.state() == TrialState.EXHAUSTED);

    assertThat(candidate.why()).contains("extra.jar does not belong to the release");
    assertThat(candidate.starts()).isZero();
    assertThat(test.livingInstances()).containsExactly(current);
  }

  @Test
  void pointsToTheConfirmedCandidateAndStopsTheOldOne() throws Exception {
    test.install("1.1.0");
    UUID old = startCurrent();
    UUID candidate = tryVersion(old, "1.1.0");
    test.write(old, RequestKind.HANDED_OVER, upgrade, 6);
    test.awaitCandidate("leads", Candidate::handedOver);

    test.write(candidate, RequestKind.CONFIRMED, upgrade, 6);

    assertThat(test.awaitReaped(old).cause()).isEqualTo(Reaped.Cause.STOPPED);
    assertThat(test.home.confirmedVersion()).contains("1.1.0");
    assertThat(Candidate.read(test.home)).isEmpty();
    assertThat(test.record(candidate).role()).isEqualTo(Role.CURRENT);
    assertThat(test.livingInstances()).containsExactly(candidate);
    test.killHard(candidate);
    UUID next = test.awaitReady(Role.CURRENT, "1.1.0", candidate);
    assertThat(test.record(next).predecessor()).isEqualTo(candidate.toString());
    assertThat(test.events(JournalEvent.POINTED).get(0).upgrade()).isEqualTo(upgrade.toString());
  }

  @Test
  void aSecondProcessOfTheSameVersionCanTakeOver() throws Exception {
    UUID old = startCurrent();
    UUID fresh = tryVersion(old, "1.0.0");

    test.write(fresh, RequestKind.CONFIRMED, upgrade, 6);

    test.awaitReaped(old);
    assertThat(test.livingInstances()).containsExactly(fresh);
    assertThat(test.home.confirmedVersion()).contains("1.0.0");
    assertThat(test.record(fresh).role()).isEqualTo(Role.CURRENT);
  }

  @Test
  void stopsADroppedCandidateAndKillsTheOneThatHangs() throws Exception {
    test.install("1.1.0", "hang");
    UUID current = startCurrent();
    UUID candidate = tryVersion(current, "1.1.0");

    test.command(current, "write dropped upgrade=" + upgrade + " epoch=7 killAfterMillis=200");

    assertThat(test.awaitReaped(candidate).cause()).isEqualTo(Reaped.Cause.STOPPED);
    test.awaitTrue("end of the trial", () -> Candidate.read(test.home).isEmpty());
    assertThat(test.livingInstances()).containsExactly(current);
    assertThat(test.home.confirmedVersion()).contains("1.0.0");
    assertThat(test.events(JournalEvent.KILLED)).hasSize(1);
    // The wish for it still lies in the run directory: it must not be tried again.
    test.awaitTrue("trial ended", () -> test.events(JournalEvent.TRIAL_ENDED).size() == 1);
    UUID other = UUID.randomUUID();
    test.tryVersion(current, "1.1.0", other, 8, AMPLE_MILLIS);
    test.awaitCandidate("of the next upgrade", one -> one.upgrade().equals(other));
    test.awaitTrue("two trials", () -> test.events(JournalEvent.TRIAL).size() == 2);
  }

  @Test
  void ignoresADecisionOfALowerEpochAndOfAnotherUpgrade() throws Exception {
    test.install("1.1.0");
    UUID current = startCurrent();
    UUID candidate = tryVersion(current, "1.1.0");
    test.write(current, RequestKind.HANDED_OVER, upgrade, 9);
    test.awaitCandidate("leads", one -> one.trial().epoch() == 9);

    test.write(current, RequestKind.DROPPED, upgrade, 8);
    test.write(candidate, RequestKind.CONFIRMED, UUID.randomUUID(), 10);
    test.awaitTrue(
        "both written",
        () ->
            Files.exists(test.home.run(current).request(RequestKind.DROPPED))
                && Files.exists(test.home.run(candidate).request(RequestKind.CONFIRMED)));
    // A later look at a run directory: the launcher has then seen both.
    test.write(candidate, RequestKind.RESTART, upgrade, 9);
    UUID again = test.awaitReady(Role.CANDIDATE, "1.1.0", candidate);

    assertThat(Candidate.read(test.home).orElseThrow().isInstance(again)).isTrue();
    assertThat(test.home.confirmedVersion()).contains("1.0.0");
    assertThat(test.livingInstances()).containsExactlyInAnyOrder(current, again);
    test.write(current, RequestKind.DROPPED, upgrade, 9);
    test.awaitReaped(again);
  }

  @Test
  void countsNoRestartAfterTheHandOver() throws Exception {
    test.install("1.1.0");
    UUID current = startCurrent();
    UUID candidate = tryVersion(current, "1.1.0");
    test.write(current, RequestKind.HANDED_OVER, upgrade, 6);
    test.awaitCandidate("leads", Candidate::handedOver);

    UUID[] dead = new UUID[4];
    dead[0] = candidate;
    for (int i = 0; i < 3; i++) {
      test.killHard(dead[i]);
      dead[i + 1] = test.awaitReady(Role.CANDIDATE, "1.1.0", dead[0], dead[i]);
    }

    Candidate record = Candidate.read(test.home).orElseThrow();
    assertThat(record.starts()).isEqualTo(1);
    assertThat(record.state()).isEqualTo(TrialState.RUNNING);
    assertThat(test.record(dead[3]).predecessor()).isEqualTo(dead[2].toString());
  }

  @Test
  void stopsACandidateWhoseTimePassedWithoutADecisionAndStillObeysALateOne() throws Exception {
    test.install("1.1.0");
    UUID current = startCurrent();
    test.tryVersion(current, "1.1.0", upgrade, 5, 400);
    UUID candidate = test.awaitReady(Role.CANDIDATE, "1.1.0");
    test.write(current, RequestKind.HANDED_OVER, upgrade, 6);

    Candidate record = test.awaitCandidate("undecided", one -> one.state() == TrialState.UNDECIDED);
    assertThat(test.awaitReaped(candidate).cause()).isEqualTo(Reaped.Cause.STOPPED);
    assertThat(record.runTime()).isGreaterThanOrEqualTo(Duration.ofMillis(400));
    assertThat(test.home.slot("1.1.0")).exists();
    assertThat(test.livingInstances()).containsExactly(current);

    test.write(current, RequestKind.CONFIRMED, upgrade, 6);

    test.awaitReady(Role.CURRENT, "1.1.0");
    test.awaitReaped(current);
    assertThat(test.home.confirmedVersion()).contains("1.1.0");
    assertThat(Candidate.read(test.home)).isEmpty();
  }

  @Test
  void beginsNoTrialWhileFrozenAndGoesBackAllTheSame() throws Exception {
    test.install("1.1.0");
    UUID current = startCurrent();
    Files.createFile(test.home.frozen());
    test.tryVersion(current, "1.1.0", upgrade, 5, AMPLE_MILLIS);
    test.awaitTrue("try", () -> Files.exists(test.home.run(current).request(RequestKind.TRY)));

    test.write(current, RequestKind.DROPPED, upgrade, 5);
    test.awaitTrue("dropped", () -> !test.events(JournalEvent.DROPPED).isEmpty());
    Files.delete(test.home.frozen());
    UUID later = UUID.randomUUID();
    test.tryVersion(current, "1.1.0", later, 6, AMPLE_MILLIS);

    test.awaitCandidate("of the later upgrade", one -> one.upgrade().equals(later));
    test.awaitTrue("one trial", () -> test.events(JournalEvent.TRIAL).size() == 1);
  }

  @Test
  void saysAndIgnoresARequestThatNobodyCanRead() throws Exception {
    UUID current = startCurrent();

    test.command(current, "write try version=../../etc upgrade=" + upgrade + " epoch=5");

    test.awaitTrue("ignored", () -> !test.events(JournalEvent.IGNORED).isEmpty());
    assertThat(test.events(JournalEvent.IGNORED).get(0).detail()).contains("limitMillis");
    assertThat(Candidate.read(test.home)).isEqualTo(Optional.empty());
  }

  private UUID startCurrent() throws IOException {
    test.startLauncher();
    return test.awaitReady(Role.CURRENT, "1.0.0");
  }

  private UUID tryVersion(UUID by, String version) throws IOException {
    test.tryVersion(by, version, upgrade, 5, AMPLE_MILLIS);
    return test.awaitReady(Role.CANDIDATE, version);
  }

  private long pid(UUID instance) throws IOException {
    return test.record(instance).process().pid();
  }
}
