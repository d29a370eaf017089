package io.selfupgrade.core.schedule;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.schedule.TaskConfig;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.zip.CRC32C;

/** How much later than its ticks a task starts: always the same, by its name and its agent's. */
final class Jitter {

  private static final long PARTS = 1L << 32;

  private Jitter() {}

  static Duration of(AgentName agent, TaskConfig task) {
    Duration most = task.policy().jitter();
    if (most.isZero()) {
      return Duration.ZERO;
    }
    CRC32C mixed = new CRC32C();
    mixed.update((agent + "/" + task.name()).getBytes(StandardCharsets.UTF_8));
    return Duration.ofNanos(Math.round((double) most.toNanos() * mixed.getValue() / PARTS));
  }
}
