package io.selfupgrade.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class UpgradePhaseTest {

  @ParameterizedTest
  @CsvSource(
      delimiterString = "->",
      value = {
        "OPEN              -> STAGED REFUSED UP_TO_DATE ABORTED",
        "STAGED            -> AWAITING_APPROVAL TRIAL REFUSED ABORTED",
        "AWAITING_APPROVAL -> TRIAL REFUSED ABORTED",
        "TRIAL             -> HANDED_OVER ABORTED",
        "HANDED_OVER       -> CONFIRMED ROLLING_BACK",
        "ROLLING_BACK      -> ROLLED_BACK ROLLBACK_FAILED"
      })
  void movesOnlyTo(UpgradePhase from, String allowed) {
    Set<UpgradePhase> next = EnumSet.noneOf(UpgradePhase.class);
    for (String name : allowed.split(" ", -1)) {
      next.add(UpgradePhase.valueOf(name));
    }

    for (UpgradePhase to : UpgradePhase.values()) {
      assertThat(from.canMoveTo(to)).as("%s to %s", from, to).isEqualTo(next.contains(to));
    }
    assertThat(from.isFinal()).isFalse();
  }

  @ParameterizedTest
  @EnumSource(
      names = {"CONFIRMED", "ROLLED_BACK", "ROLLBACK_FAILED", "REFUSED", "UP_TO_DATE", "ABORTED"})
  void aFinalPhaseIsNeverLeft(UpgradePhase from) {
    assertThat(from.isFinal()).isTrue();
    for (UpgradePhase to : UpgradePhase.values()) {
      assertThat(from.canMoveTo(to)).isFalse();
    }
  }

  @Test
  void aNewPrimaryAbortsWhatHasNotBeenHandedOverAndWaitsForNobody() {
    assertThat(UpgradePhase.values())
        .filteredOn(UpgradePhase::isAbortedByNewPrimary)
        .containsExactly(UpgradePhase.OPEN, UpgradePhase.STAGED, UpgradePhase.TRIAL);
  }

  @Test
  void whatANewPrimaryAbortsCanBeAborted() {
    assertThat(UpgradePhase.values())
        .filteredOn(UpgradePhase::isAbortedByNewPrimary)
        .allMatch(phase -> phase.canMoveTo(UpgradePhase.ABORTED));
  }
}
