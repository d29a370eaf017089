package io.selfupgrade.upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class UpgradeRecordTest {

  private static final Version FROM = Version.parse("1.0.0");
  private static final Version TO = Version.parse("2.0.0");
  private static final Reason REASON = new Reason(ReasonCode.SMOKE_FAILED, "exit code 3");

  @Test
  void everyFinalPhaseHasAnOutcomeAndNoOtherHas() {
    Map<UpgradePhase, UpgradeOutcome> outcomes = new EnumMap<>(UpgradePhase.class);
    outcomes.put(UpgradePhase.CONFIRMED, new UpgradeOutcome.Upgraded(FROM, TO));
    outcomes.put(UpgradePhase.ROLLED_BACK, new UpgradeOutcome.RolledBack(REASON, true));
    outcomes.put(UpgradePhase.ROLLBACK_FAILED, new UpgradeOutcome.RollbackFailed(TO, REASON));
    outcomes.put(UpgradePhase.REFUSED, new UpgradeOutcome.Refused(REASON));
    outcomes.put(UpgradePhase.UP_TO_DATE, new UpgradeOutcome.UpToDate(FROM));
    outcomes.put(UpgradePhase.ABORTED, new UpgradeOutcome.Aborted(REASON, true));

    for (UpgradePhase phase : UpgradePhase.values()) {
      assertThat(record(phase, Optional.of(REASON)).outcome())
          .isEqualTo(Optional.ofNullable(outcomes.get(phase)));
    }
  }

  @Test
  void anOutcomeWithoutARecordedReasonSaysSo() {
    UpgradeOutcome outcome = record(UpgradePhase.ABORTED, Optional.empty()).outcome().orElseThrow();

    assertThat(outcome.summary()).contains("no reason was recorded");
  }

  @Test
  void anOutcomeHasItsNameAndOneSentence() {
    UpgradeOutcome outcome = new UpgradeOutcome.RolledBack(REASON, false);

    assertThat(outcome.name()).isEqualTo("RolledBack");
    assertThat(outcome.summary()).isEqualTo("rolled back: exit code 3");
    assertThat(new UpgradeOutcome.Upgraded(FROM, TO).summary())
        .isEqualTo("upgraded from 1.0.0 to 2.0.0");
  }

  @Test
  void aProofAfterTheEndNamesTheOutcome() {
    StepResult<Proof.Staged> ended = new StepResult.Ended<>(new UpgradeOutcome.Refused(REASON));

    assertThatThrownBy(ended::proof)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("exit code 3");
  }

  @Test
  void aLongDetailIsCutAndKeepsItsEnd() {
    StepRecord step =
        new StepRecord(
            UpgradeStep.VALIDATE,
            StepRecord.Event.FAILED,
            "x".repeat(9000) + "the end",
            InstanceId.random(),
            1,
            Optional.empty());

    assertThat(step.detail()).hasSize(8000).startsWith("...x").endsWith("the end");
  }

  @Test
  void theTimesOfAnUpgradeArePositiveAndTheLimitHoldsProbation() {
    Duration second = Duration.ofSeconds(1);

    assertThat(UpgradeTimes.DEFAULT.limit())
        .isEqualTo(UpgradeTimes.DEFAULT.probation().multipliedBy(3));
    assertThatThrownBy(() -> new UpgradeTimes(second, second, Duration.ZERO, second, second))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("drain");
    assertThatThrownBy(
            () -> new UpgradeTimes(second, second, second, second.multipliedBy(2), second))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("limit");
  }

  @Test
  void aSignedDocumentIsNotChangedFromOutside() {
    byte[] document = {1, 2};
    byte[] signatures = {3};
    SignedDocument signed = new SignedDocument(document, signatures);
    document[0] = 9;
    signatures[0] = 9;
    signed.document()[1] = 9;
    signed.signatures()[0] = 9;

    assertThat(signed.document()).containsExactly(1, 2);
    assertThat(signed.signatures()).containsExactly(3);
  }

  private static UpgradeRecord record(UpgradePhase phase, Optional<Reason> reason) {
    return new UpgradeRecord(
        UUID.randomUUID(),
        new AgentName("bot"),
        Trigger.MANUAL,
        FROM,
        Optional.of(new UpgradeRecord.Target(TO, "a".repeat(64))),
        new UpgradeRecord.Decision(phase, reason, true, Instant.EPOCH),
        Optional.empty());
  }
}
