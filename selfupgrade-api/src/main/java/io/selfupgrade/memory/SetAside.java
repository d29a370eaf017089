package io.selfupgrade.memory;

import io.selfupgrade.agent.InstanceId;
import java.time.Instant;
import java.util.Objects;

/**
 * Memories of an instance of a version that was rolled back: kept, and not recalled.
 *
 * @param writer who remembered them
 * @param epoch the highest at which it did; 0: it never led
 * @param memories how many, 1 or more
 * @param first when it remembered the first of them
 * @param last when it remembered the last
 */
public record SetAside(InstanceId writer, long epoch, long memories, Instant first, Instant last) {
  /** Validates the parts. */
  public SetAside {
    Objects.requireNonNull(writer, "writer");
    Objects.requireNonNull(first, "first");
    Objects.requireNonNull(last, "last");
  }
}
