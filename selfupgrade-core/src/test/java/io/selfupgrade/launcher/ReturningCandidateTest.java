package io.selfupgrade.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.core.local.LauncherLink;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which death of a candidate the old version takes for the end of its trial. */
class ReturningCandidateTest {
  @TempDir Path directory;
  private final UUID upgrade = UUID.randomUUID();
  private final UUID instance = UUID.randomUUID();
  private Home home;
  private LauncherLink old;

  @BeforeEach
  void handedOver() throws IOException {
    home = Home.at(directory);
    Files.createDirectories(home.run(instance).path());
    candidate(upgrade, TrialState.RUNNING);
    new ChildRecord(Role.CANDIDATE, "1.1.0", upgrade.toString(), "", 2, ProcessMark.NONE)
        .write(home.run(instance));
    old =
        LauncherLink.from(
                Map.of(
                    "SELFUPGRADE_HOME", directory.toString(),
                    "SELFUPGRADE_SLOT", directory.resolve("versions/1.0.0").toString(),
                    "SELFUPGRADE_INSTANCE", UUID.randomUUID().toString()))
            .orElseThrow();
  }

  @ParameterizedTest
  @EnumSource(
      value = Reaped.Cause.class,
      names = {"REBOOTED", "UNWATCHED", "STOPPED", "NOT_STARTED"})
  void oneThatDidNotEndByItselfReturns(Reaped.Cause cause) throws IOException {
    dies(cause);

    assertThat(old.attestsDeath(new InstanceId(instance))).isTrue();
    assertThat(old.startsAgain(new InstanceId(instance))).isTrue();
  }

  @Test
  void oneThatEndedByItselfDoesNot() throws IOException {
    dies(Reaped.Cause.EXITED);

    assertThat(old.startsAgain(new InstanceId(instance))).isFalse();
  }

  @Test
  void oneThatLivesIsNotReturning() {
    assertThat(old.startsAgain(new InstanceId(instance))).isFalse();
  }

  @ParameterizedTest
  @EnumSource(
      value = TrialState.class,
      names = {"EXHAUSTED", "UNDECIDED"})
  void oneThatIsNotStartedAgainDoesNot(TrialState state) throws IOException {
    dies(Reaped.Cause.REBOOTED);
    candidate(upgrade, state);

    assertThat(old.startsAgain(new InstanceId(instance))).isFalse();
  }

  @Test
  void oneOfAnotherTrialDoesNot() throws IOException {
    dies(Reaped.Cause.REBOOTED);
    candidate(UUID.randomUUID(), TrialState.RUNNING);

    assertThat(old.startsAgain(new InstanceId(instance))).isFalse();
  }

  private void candidate(UUID trial, TrialState state) throws IOException {
    Candidate candidate =
        Candidate.of(new Trial("1.1.0", trial, 3, Duration.ofMinutes(6), Optional.empty()));
    (state == TrialState.RUNNING ? candidate : candidate.ended(state, "as the test wants it"))
        .toState()
        .write(home.disk(), home.candidate());
  }

  private void dies(Reaped.Cause cause) throws IOException {
    new Reaped(Instant.EPOCH, "", cause, 7)
        .toState()
        .write(home.disk(), home.run(instance).reaped());
  }
}
