package io.selfupgrade.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FailoverValuesTest {

  private static final AgentName AGENT = new AgentName("bot");

  @Test
  void aLeaseHasExpiredOnceNothingRemains() {
    Fence fence = new Fence(AGENT, InstanceId.random(), 1);

    assertThat(new Lease(fence, Duration.ofNanos(-1), false).expired()).isTrue();
    assertThat(new Lease(fence, Duration.ofNanos(1), false).expired()).isFalse();
  }

  @Test
  void anInstanceIsAliveWhileItsHeartbeatIsYoungAndItHasNotStopped() {
    Duration age = Duration.ofSeconds(3);

    assertThat(status(age, false).aliveWithin(age)).isTrue();
    assertThat(status(age, false).aliveWithin(age.minusMillis(1))).isFalse();
    assertThat(status(age, true).aliveWithin(age)).isFalse();
  }

  @Test
  void workOfTwoCallbacksCallsThem() throws Exception {
    List<String> calls = new ArrayList<>();
    PrimaryWork work = PrimaryWork.of(() -> calls.add("start"), () -> calls.add("stop"));
    Primary primary =
        new Primary() {
          @Override
          public long epoch() {
            return 1;
          }

          @Override
          public boolean stillPrimary() {
            return true;
          }
        };

    work.start(primary);
    work.stop(new Drain(Drain.Reason.STOPPING, Duration.ZERO));

    assertThat(calls).containsExactly("start", "stop");
  }

  private static InstanceStatus status(Duration age, boolean stopped) {
    InstanceRecord record =
        new InstanceRecord(
            InstanceId.random(),
            AGENT,
            Version.parse("1.0.0"),
            "",
            Optional.empty(),
            false,
            "here");
    return new InstanceStatus(record, 0, age, stopped, Instant.EPOCH);
  }
}
