package io.selfupgrade.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.change.ChangeResult;
import io.selfupgrade.config.SettingResult;
import io.selfupgrade.failover.Acquisition;
import io.selfupgrade.failover.TakeOver;
import io.selfupgrade.observe.Delivery;
import io.selfupgrade.schedule.Missed;
import io.selfupgrade.schedule.Schedule;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Lists what is permitted in each closed type: Java 17 has no switch that fails to compile when a
 * type is added, so whoever adds one comes by here and then looks at every place that asks.
 */
class ClosedTypesTest {

  static Arguments[] closedTypes() {
    return new Arguments[] {
      Arguments.of(
          UpgradeOutcome.class, "UpToDate Refused Aborted Upgraded RolledBack RollbackFailed"),
      Arguments.of(CheckResult.class, "Available NothingNewer NotAcceptable NotReachable"),
      Arguments.of(StepResult.class, "Passed Ended"),
      Arguments.of(DeployResult.class, "Dispatched Refused Failed"),
      Arguments.of(ChangeResult.class, "Merged Open Closed Refused Troubled"),
      Arguments.of(DeliveryReceipt.class, "Queued Known Joined TurnedAway"),
      Arguments.of(Install.class, "Slots Deploying"),
      Arguments.of(SourceStore.Look.class, "Fresh Ask Wait"),
      Arguments.of(Delivery.class, "Delivered Later Impossible"),
      Arguments.of(RestoreResult.class, "Restored Stale Refused"),
      Arguments.of(SettingResult.class, "Stored Removed Conflict"),
      Arguments.of(Proof.class, "Available Staged Validated Prepared Applied"),
      Arguments.of(Acquisition.class, "Acquired Denied"),
      Arguments.of(TakeOver.class, "Expired EarlyLock Attested"),
      Arguments.of(Schedule.class, "Cron Every At Unreadable"),
      Arguments.of(Missed.class, "Skip RunOnce RunAll Within")
    };
  }

  @ParameterizedTest
  @MethodSource("closedTypes")
  void permitsExactly(Class<?> closed, String permitted) {
    assertThat(Arrays.stream(closed.getPermittedSubclasses()).map(Class::getSimpleName))
        .containsExactlyInAnyOrder(permitted.split(" ", -1));
    assertThat(closed.getPermittedSubclasses()).allMatch(Class::isRecord);
  }
}
