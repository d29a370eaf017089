package io.selfupgrade.core.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RetryRuleTest {

  private static final Instant END = Instant.parse("2026-03-01T12:00:00Z");

  private final List<UpgradeRecord> history = new ArrayList<>();

  @Test
  void aBuildThatIsNewIsTriedAtOnce() {
    assertThat(RetryRule.wait(history, END)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 6", "3, 24", "9, 24"})
  void inconclusiveEndsWaitLongerEachTime(int ends, int hours) {
    for (int i = 0; i < ends; i++) {
      ended(UpgradePhase.ABORTED, ReasonCode.NOT_READY);
    }

    assertThat(RetryRule.inconclusiveEnds(history)).isEqualTo(ends);
    assertWaits(Duration.ofHours(hours));
  }

  @ParameterizedTest
  @EnumSource(
      value = ReasonCode.class,
      names = {"NEW_PRIMARY", "STOPPING", "FROZEN", "ABANDONED", "DATABASE_AWAY"})
  void anEndFromOutsideIsMadeUpForAtOnceTheFirstTime(ReasonCode code) {
    ended(UpgradePhase.ROLLED_BACK, code);
    assertThat(RetryRule.wait(history, END)).isEmpty();
    ended(UpgradePhase.ABORTED, code);

    assertWaits(Duration.ofHours(1));
    assertThat(RetryRule.inconclusiveEnds(history)).isZero();
  }

  @Test
  void aRefusalOfTheBytesIsNotRepeated() {
    ended(UpgradePhase.REFUSED, ReasonCode.DIGEST_MISMATCH);

    assertThat(RetryRule.wait(history, END.plus(Duration.ofDays(900))))
        .hasValueSatisfying(why -> assertThat(why).contains("upgrade() tries it again"));
  }

  @Test
  void aRefusalForWantOfRoomIsRepeatedAndNeverCounts() {
    ended(UpgradePhase.REFUSED, ReasonCode.NOT_ENOUGH_MEMORY);
    assertThat(RetryRule.wait(history, END)).isEmpty();
    ended(UpgradePhase.REFUSED, ReasonCode.NOT_ENOUGH_DISK);

    assertWaits(Duration.ofHours(1));
    assertThat(RetryRule.inconclusiveEnds(history)).isZero();
  }

  @Test
  void aBuildThatWasGoneBackFromIsNotInstalledAgainByTheSchedule() {
    ended(UpgradePhase.CONFIRMED, ReasonCode.TROUBLE);

    assertThat(RetryRule.wait(history, END.plus(Duration.ofDays(900))))
        .hasValueSatisfying(why -> assertThat(why).contains("gone back from"));
  }

  private void assertWaits(Duration time) {
    assertThat(RetryRule.wait(history, END.plus(time).minusMillis(1))).isPresent();
    assertThat(RetryRule.wait(history, END.plus(time))).isEmpty();
  }

  private void ended(UpgradePhase phase, ReasonCode code) {
    boolean retryable = phase != UpgradePhase.REFUSED;
    history.add(
        0,
        new UpgradeRecord(
            UUID.randomUUID(),
            new AgentName("bot"),
            Trigger.SCHEDULED,
            Version.parse("1.0.0"),
            Optional.of(new UpgradeRecord.Target(Version.parse("1.1.0"), "a".repeat(64))),
            new UpgradeRecord.Decision(
                phase, Optional.of(new Reason(code, "as the test wants it")), retryable, END),
            Optional.empty()));
  }
}
