package io.selfupgrade.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LauncherDeathTest {
  @TempDir Path directory;
  private final UUID upgrade = UUID.randomUUID();
  private TestHome test;
  private Process launcher;

  @BeforeEach
  void createHome() throws IOException {
    test = new TestHome(directory);
    test.install("1.0.0");
    test.install("1.1.0");
    test.confirm("1.0.0");
  }

  @AfterEach
  void endEveryProcess() throws Exception {
    test.close();
  }

  @Test
  void childrenGoOnAndTheNextLauncherTakesThemOver() throws Exception {
    UUID current = startCurrent();
    UUID candidate = tryVersion(current);

    test.killHard(launcher);
    assertThat(test.livingInstances()).containsExactlyInAnyOrder(current, candidate);
    launcher = test.startLauncher();
    test.awaitTrue("adopted", () -> test.events(JournalEvent.ADOPTED).size() == 2);

    test.write(candidate, RequestKind.CONFIRMED, upgrade, 6);
    assertThat(test.awaitReaped(current).exitCode()).isEmpty();
    assertThat(test.home.confirmedVersion()).contains("1.1.0");
    assertThat(test.livingInstances()).containsExactly(candidate);
    assertThat(test.events(JournalEvent.STARTED)).hasSize(2);
    test.killHard(candidate);
    UUID next = test.awaitReady(Role.CURRENT, "1.1.0", candidate);
    assertThat(test.record(next).predecessor()).isEqualTo(candidate.toString());
  }

  @Test
  void attestsWhatDiedWhileNoLauncherRan() throws Exception {
    UUID current = startCurrent();
    UUID candidate = tryVersion(current);
    test.killHard(launcher);
    test.killHard(current);
    test.killHard(candidate);
    test.awaitTrue("both dead", () -> test.living().isEmpty());

    launcher = test.startLauncher();
    UUID next = test.awaitReady(Role.CURRENT, "1.0.0", current);
    UUID nextCandidate = test.awaitReady(Role.CANDIDATE, "1.1.0", candidate);

    assertThat(test.awaitReaped(current).cause()).isEqualTo(Reaped.Cause.UNWATCHED);
    assertThat(test.record(next).predecessor()).isEqualTo(current.toString());
    assertThat(test.record(nextCandidate).predecessor()).isEqualTo(candidate.toString());
    // The launcher's death is no start of the candidate's own doing.
    assertThat(Candidate.read(test.home).orElseThrow().starts()).isEqualTo(1);
  }

  @Test
  void findsAChildWhosePidNobodyHasRecorded() throws Exception {
    UUID current = startCurrent();
    test.killHard(launcher);
    ChildRecord record = test.record(current);
    record.running(ProcessMark.NONE).write(test.home.run(current));

    launcher = test.startLauncher();
    test.awaitTrue("adopted", () -> test.events(JournalEvent.ADOPTED).size() == 1);

    assertThat(test.record(current).process()).isEqualTo(record.process());
    assertThat(test.livingInstances()).containsExactly(current);
    assertThat(test.events(JournalEvent.STARTED)).hasSize(1);
  }

  @Test
  void attestsAChildThatWasRecordedButNeverStarted() throws Exception {
    UUID never = UUID.randomUUID();
    Files.createDirectories(test.home.run(never).path());
    new ChildRecord(Role.CURRENT, "1.0.0", "", "", 1, ProcessMark.NONE).write(test.home.run(never));

    UUID current = startCurrent();

    assertThat(current).isNotEqualTo(never);
    assertThat(test.awaitReaped(never).cause()).isEqualTo(Reaped.Cause.UNWATCHED);
    assertThatThrownBy(() -> InstanceLock.take(test.home.run(never)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("has declared instance " + never + " dead");
  }

  @Test
  void neverTakesAnotherProcessForAChild() throws Exception {
    UUID current = startCurrent();
    test.killHard(launcher);
    test.killHard(current);
    test.awaitTrue("dead", () -> test.living().isEmpty());
    ProcessMark stranger =
        ProcessTable.ofThisHost().mark(ProcessHandle.current().pid()).orElseThrow();
    test.record(current)
        .running(new ProcessMark(stranger.pid(), stranger.startMillis(), stranger.mark() + "0"))
        .write(test.home.run(current));

    launcher = test.startLauncher();

    test.awaitReady(Role.CURRENT, "1.0.0", current);
    assertThat(test.events(JournalEvent.ADOPTED)).isEmpty();
  }

  @Test
  void finishesAConfirmationThatWasDecidedAndNotCarriedOut() throws Exception {
    UUID current = startCurrent();
    UUID candidate = tryVersion(current);
    test.killHard(launcher);
    Request decided = request(candidate, RequestKind.CONFIRMED);
    new Obeyed(List.of()).and(decided).write(test.home);

    launcher = test.startLauncher();

    test.awaitReaped(current);
    assertThat(test.home.confirmedVersion()).contains("1.1.0");
    assertThat(Candidate.read(test.home)).isEmpty();
    assertThat(test.livingInstances()).containsExactly(candidate);
  }

  @Test
  void finishesAConfirmationWhoseCandidateHasDiedMeanwhile() throws Exception {
    UUID current = startCurrent();
    UUID candidate = tryVersion(current);
    test.killHard(launcher);
    new Obeyed(List.of()).and(request(candidate, RequestKind.CONFIRMED)).write(test.home);
    test.confirm("1.1.0");
    test.killHard(candidate);
    test.awaitTrue("dead", () -> test.living().size() == 1);

    launcher = test.startLauncher();

    test.awaitReady(Role.CURRENT, "1.1.0", candidate);
    test.awaitReaped(current);
    assertThat(Candidate.read(test.home)).isEmpty();
  }

  @Test
  void finishesADropThatWasDecidedAndNotCarriedOut() throws Exception {
    UUID current = startCurrent();
    UUID candidate = tryVersion(current);
    test.killHard(launcher);
    new Obeyed(List.of()).and(request(current, RequestKind.DROPPED)).write(test.home);

    launcher = test.startLauncher();

    test.awaitReaped(candidate);
    test.awaitTrue("end of the trial", () -> Candidate.read(test.home).isEmpty());
    assertThat(test.livingInstances()).containsExactly(current);
  }

  @Test
  void stopLeavesNothingWithoutALauncher() throws Exception {
    UUID current = startCurrent();
    UUID candidate = tryVersion(current);
    test.killHard(launcher);

    TestHome.Outcome stop = test.execute("stop", directory.toString());

    assertThat(stop.code()).as(stop.err()).isZero();
    assertThat(test.livingInstances()).isEmpty();
    assertThat(Reaped.read(test.home.run(current))).isPresent();
    assertThat(Reaped.read(test.home.run(candidate))).isPresent();
    launcher = test.startLauncher();
    test.awaitReady(Role.CANDIDATE, "1.1.0", candidate);
    assertThat(Candidate.read(test.home).orElseThrow().starts()).isEqualTo(1);
  }

  @Test
  void goesOnWithoutARecordThatNobodyCanRead() throws Exception {
    Files.writeString(test.home.candidate(), "state=PERHAPS\n");

    startCurrent();

    assertThat(test.home.candidate()).doesNotExist();
    assertThat(directory.resolve("candidate.unreadable")).exists();
  }

  private Request request(UUID from, RequestKind kind) throws IOException {
    StateFile state = StateFile.empty().with("upgrade", upgrade.toString()).with("epoch", 6);
    return Request.decode(from, kind, state);
  }

  private UUID startCurrent() throws IOException {
    launcher = test.startLauncher();
    return test.awaitReady(Role.CURRENT, "1.0.0");
  }

  private UUID tryVersion(UUID by) throws IOException {
    test.tryVersion(by, "1.1.0", upgrade, 5, 600_000);
    return test.awaitReady(Role.CANDIDATE, "1.1.0");
  }
}
