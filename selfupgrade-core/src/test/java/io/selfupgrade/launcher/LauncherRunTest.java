package io.selfupgrade.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LauncherRunTest {
  @TempDir Path directory;
  private TestHome test;

  @BeforeEach
  void createHome() {
    test = new TestHome(directory);
  }

  @AfterEach
  void endEveryProcess() throws Exception {
    test.close();
  }

  @Test
  void startsTheConfirmedVersionAsTheContractSays() throws Exception {
    test.install("1.0.0");
    test.confirm("1.0.0");

    Process launcher = test.startLauncher();
    UUID instance = test.awaitReady(Role.CURRENT, "1.0.0");

    StateFile facts = StateFile.read(run(instance).path().resolve("facts")).orElseThrow();
    assertThat(facts.text("SELFUPGRADE_HOME")).contains(directory.toString());
    assertThat(facts.text("SELFUPGRADE_SLOT")).contains(test.home.slot("1.0.0").toString());
    assertThat(facts.text("SELFUPGRADE_INSTANCE")).contains(instance.toString());
    assertThat(facts.text("SELFUPGRADE_PROTOCOL")).contains("1");
    assertThat(facts.text("SELFUPGRADE_PREDECESSOR")).isEmpty();
    assertThat(facts.requireNumber("SELFUPGRADE_PROBE_PORT")).isBetween(1L, 65_535L);
    assertThat(facts.text("directory")).contains(test.home.data().toRealPath().toString());
    assertThat(facts.text("argument")).contains(instance.toString());
    assertThat(Files.readString(run(instance).output())).isEqualTo("ready\n");
    StateFile child = StateFile.read(run(instance).child()).orElseThrow();
    assertThat(child.text("role")).contains("current");
    assertThat(child.text("version")).contains("1.0.0");
    assertThat(child.requireNumber("pid")).isPositive();
    assertThat(child.requireNumber("startMillis")).isPositive();
    StateFile record = StateFile.read(test.home.launcherRecord()).orElseThrow();
    assertThat(record.requireNumber("pid")).isEqualTo(launcher.pid());
    assertThat(record.requireNumber("protocol")).isEqualTo(1);
    assertThat(InstanceLock.tryTake(run(instance))).isEmpty();
  }

  @Test
  void startsAgainAfterExitZeroAndAfterKillEachTimeLater() throws Exception {
    test.install("1.0.0");
    test.confirm("1.0.0");
    test.startLauncher();
    UUID first = test.awaitReady(Role.CURRENT, "1.0.0");

    test.command(first, "exit 0");
    UUID second = test.awaitReady(Role.CURRENT, "1.0.0", first);
    test.killHard(second);
    UUID third = test.awaitReady(Role.CURRENT, "1.0.0", first, second);

    assertThat(test.awaitReaped(first).exitCode()).hasValue(0);
    assertThat(test.awaitReaped(second).exitCode()).hasValue(137);
    assertThat(test.record(second).predecessor()).isEqualTo(first.toString());
    assertThat(test.record(third).predecessor()).isEqualTo(second.toString());
    StateFile facts = StateFile.read(run(third).path().resolve("facts")).orElseThrow();
    assertThat(facts.text("SELFUPGRADE_PREDECESSOR")).contains(second.toString());
    assertThat(pauseAfter(first, second)).isGreaterThanOrEqualTo(Duration.ofMillis(150));
    assertThat(pauseAfter(second, third)).isGreaterThanOrEqualTo(Duration.ofMillis(300));
    assertThat(test.livingInstances()).containsExactly(third);
  }

  private Duration pauseAfter(UUID dead, UUID next) throws IOException {
    return Duration.between(
        Reaped.read(run(dead)).orElseThrow().at(),
        test.events(JournalEvent.STARTED).stream()
            .filter(entry -> entry.instance().equals(next.toString()))
            .findFirst()
            .orElseThrow()
            .at());
  }

  @Test
  void startsAtOnceWhenTheAgentAsksForARestart() throws Exception {
    test.install("1.0.0");
    test.confirm("1.0.0");
    // Any back-off would outlast this test.
    test.startLauncher("-DfirstDelayMillis=600000");
    UUID first = test.awaitReady(Role.CURRENT, "1.0.0");

    test.write(first, RequestKind.RESTART, UUID.randomUUID(), 0);
    UUID second = test.awaitReady(Role.CURRENT, "1.0.0", first);

    assertThat(test.awaitReaped(first).cause()).isEqualTo(Reaped.Cause.STOPPED);
    assertThat(test.record(second).predecessor()).isEqualTo(first.toString());
  }

  @Test
  void refusesASecondLauncherAndNamesTheFirst() throws Exception {
    test.install("1.0.0");
    test.confirm("1.0.0");
    Process launcher = test.startLauncher();
    UUID instance = test.awaitReady(Role.CURRENT, "1.0.0");

    TestHome.Outcome second = test.inAnotherProcess("run");

    assertThat(second.code()).isEqualTo(1);
    assertThat(second.out()).contains("Another launcher runs", "pid " + launcher.pid());
    assertThat(test.livingInstances()).containsExactly(instance);
  }

  @Test
  void endsWithCodeZeroAfterAnAgentThatStopsOnPurpose() throws Exception {
    test.install("1.0.0");
    test.confirm("1.0.0");
    Process launcher = test.startLauncher();
    UUID instance = test.awaitReady(Role.CURRENT, "1.0.0");

    test.write(instance, RequestKind.STOPPING, UUID.randomUUID(), 0);
    test.awaitTrue("stopping", () -> Files.exists(run(instance).request(RequestKind.STOPPING)));
    test.command(instance, "exit 0");

    assertThat(launcher.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(launcher.exitValue()).isZero();
    assertThat(test.livingInstances()).isEmpty();
    assertThat(Reaped.read(run(instance))).isPresent();
    assertThat(test.home.launcherRecord()).doesNotExist();
  }

  @Test
  void startsAnotherVerifiedSlotWhenTheCurrentOneIsDamaged() throws Exception {
    for (String version : List.of("1.0.0", "1.9.0", "1.10.0", "1.11.0", "1.12.0")) {
      test.install(version);
    }
    flipOneByte(test.home.slot("1.9.0").resolve("agent.jar"));
    flipOneByte(test.home.slot("1.12.0").resolve("agent.jar"));
    Files.createDirectories(test.home.failed());
    Files.writeString(test.home.failed("1.11.0"), "its critical path fails");
    test.confirm("1.9.0");

    test.startLauncher();
    UUID instance = test.awaitReady(Role.CURRENT, "1.10.0");

    assertThat(test.livingInstances()).containsExactly(instance);
    assertThat(test.home.confirmedVersion()).contains("1.9.0");
    assertThat(test.events(JournalEvent.DAMAGED).get(0).detail())
        .contains("agent.jar", "should have SHA-256");
    assertThat(test.events(JournalEvent.FALLBACK).get(0).version()).isEqualTo("1.10.0");
  }

  @Test
  void prefersASlotThatWasConfirmedOnceOverANewerOneThatNeverWas() throws Exception {
    for (String version : List.of("1.0.0", "1.1.0", "1.2.0")) {
      test.install(version);
    }
    test.confirm("1.0.0");
    Process launcher = test.startLauncher();
    test.awaitReady(Role.CURRENT, "1.0.0");
    assertThat(test.execute("stop", directory.toString()).code()).isZero();
    assertThat(launcher.waitFor(20, TimeUnit.SECONDS)).isTrue();
    test.confirm("1.1.0");
    flipOneByte(test.home.slot("1.1.0").resolve("agent.jar"));

    test.startLauncher();

    test.awaitReady(Role.CURRENT, "1.0.0");
  }

  @Test
  void keepsTryingWhenNoSlotVerifies() throws Exception {
    test.install("1.0.0");
    Path jar = test.home.slot("1.0.0").resolve("agent.jar");
    byte[] whole = Files.readAllBytes(jar);
    flipOneByte(jar);
    test.confirm("1.0.0");
    Process launcher = test.startLauncher();
    test.awaitTrue("damage said", () -> !test.events(JournalEvent.DAMAGED).isEmpty());

    assertThat(launcher.isAlive()).isTrue();
    assertThat(test.livingInstances()).isEmpty();
    Files.write(jar, whole);

    test.awaitReady(Role.CURRENT, "1.0.0");
    assertThat(test.events(JournalEvent.DAMAGED)).hasSize(1);
  }

  @Test
  void stopEndsLauncherAndChildrenAndKillsTheOneThatHangs() throws Exception {
    test.install("1.0.0", "hang", "drain=200");
    test.confirm("1.0.0");
    Process launcher = test.startLauncher();
    UUID instance = test.awaitReady(Role.CURRENT, "1.0.0");
    assertThat(test.execute("status", directory.toString()).out())
        .contains("running, pid " + launcher.pid(), "instance " + instance, "frozen     no");

    TestHome.Outcome stop = test.execute("stop", directory.toString());

    assertThat(stop).isEqualTo(new TestHome.Outcome(0, "Nothing runs in " + directory + "\n", ""));
    assertThat(launcher.waitFor(5, TimeUnit.SECONDS)).isTrue();
    assertThat(launcher.exitValue()).isZero();
    assertThat(test.livingInstances()).isEmpty();
    assertThat(Reaped.read(run(instance)).orElseThrow().cause()).isEqualTo(Reaped.Cause.STOPPED);
    assertThat(test.events(JournalEvent.KILLED)).hasSize(1);
    assertThat(test.execute("status", directory.toString()).out()).contains("not running");
  }

  @Test
  void keepsTheDirectoriesOfTheLastDeadOnly() throws Exception {
    test.install("1.0.0");
    test.confirm("1.0.0");
    Files.createDirectories(test.home.run());
    UUID oldest = dead(1);
    UUID next = dead(2);
    for (int i = 3; i <= 21; i++) {
      dead(i);
    }

    test.startLauncher();
    test.awaitReady(Role.CURRENT, "1.0.0");

    assertThat(run(oldest).path()).doesNotExist();
    assertThat(run(next).path()).exists();
  }

  private UUID dead(long sequence) throws IOException {
    RunDirectory run = run(UUID.randomUUID());
    Files.createDirectories(run.path());
    new ChildRecord(Role.CURRENT, "1.0.0", "", "", sequence, ProcessMark.NONE).write(run);
    new Reaped(Instant.EPOCH, "1", Reaped.Cause.EXITED, sequence).toState().write(run.reaped());
    return run.instance();
  }

  @Test
  void saysHowItIsUsed() {
    assertThat(test.execute().code()).isEqualTo(2);
    assertThat(test.execute("fly", "away").err()).startsWith("Usage: java -jar");
    assertThat(test.execute("--help").out()).contains("run HOME", "stop HOME", "status HOME");
    assertThat(test.execute("--help").code()).isZero();
  }

  @Test
  void refusesAHomeWithoutAnInstalledVersion() {
    TestHome.Outcome run = test.execute("run", directory.toString());
    TestHome.Outcome missing = test.execute("run", directory.resolve("none").toString());

    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains("no version is installed");
    assertThat(missing.code()).isEqualTo(1);
    assertThat(missing.err()).contains("is not a directory");
  }

  @Test
  void aCopyOfAHomeThatRunsIsLeftAlone() throws Exception {
    Path original = Files.createDirectories(directory.resolve("original"));
    Path copy = Files.createDirectories(directory.resolve("copy/run")).getParent();
    LauncherRecord.write(Home.at(original), copyOf(original));
    Files.copy(original.resolve("run/launcher"), copy.resolve("run/launcher"));
    Files.writeString(copy.resolve("current"), "1.0.0\n");

    for (String command : List.of("run", "stop")) {
      TestHome.Outcome refused = test.execute(command, copy.toString());
      assertThat(refused.code()).isEqualTo(1);
      assertThat(refused.err())
          .contains(copy + " is a copy of " + original, "stop " + original, copy + "/run");
    }
  }

  private static ProcessMark copyOf(Path home) throws IOException {
    Files.createDirectories(home.resolve("run"));
    return new ProcessMark(ProcessHandle.current().pid(), 1, "");
  }

  @Test
  void aHomeThatCannotBeWrittenIsSaidToBeSo() throws Exception {
    Disk readOnly = new FailingDisk(Disk.REAL, 1, FailingDisk.Fault.EACCES);
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
    Files.writeString(directory.resolve("current"), "1.0.0\n");
    Launcher launcher =
        new Launcher(
            out, out, Clock.systemUTC(), Timings.DEFAULT, ProcessTable.ofThisHost(), readOnly);

    assertThat(launcher.execute(List.of("run", directory.toString()))).isEqualTo(1);
    assertThat(said.toString(StandardCharsets.UTF_8))
        .contains("/run cannot be written (access denied)", "owner of the home");
  }

  @Test
  void statusSaysWhatTheLastProcessThatEndedByItselfPrintedLast() throws Exception {
    Files.createDirectories(test.home.run());
    UUID ended = dead(1);
    Files.writeString(run(ended).output(), "starting\nno token: set BOT_TOKEN\n\n");

    assertThat(test.execute("status", directory.toString()).out())
        .contains("ended by itself", "with code 1", run(ended).output().toString())
        .contains("last line: no token: set BOT_TOKEN");
  }

  @Test
  void refusesAnotherPlatform() throws IOException {
    Launcher.requirePlatform("Linux");
    Launcher.requirePlatform("Mac OS X");
    assertThatThrownBy(() -> Launcher.requirePlatform("Windows 11"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("runs on Linux and macOS, this is Windows 11");
  }

  private RunDirectory run(UUID instance) {
    return test.home.run(instance);
  }

  private static void flipOneByte(Path file) throws IOException {
    byte[] content = Files.readAllBytes(file);
    content[content.length / 2] ^= 1;
    Files.write(file, content);
  }
}
