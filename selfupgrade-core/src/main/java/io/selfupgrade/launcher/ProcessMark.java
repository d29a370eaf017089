package io.selfupgrade.launcher;

import java.util.Objects;

/**
 * What tells one process from every other one of this host, past and future.
 *
 * @param pid the process id, 0 if none is known
 * @param startMillis when it started, on the host's clock; for people, it moves with the clock
 * @param mark boot and start tick, which do not move with the clock; what is compared
 */
record ProcessMark(long pid, long startMillis, String mark) {
  /** Of a process that has not been started, or not been found. */
  static final ProcessMark NONE = new ProcessMark(0, 0, "");

  ProcessMark {
    Objects.requireNonNull(mark, "mark");
  }

  boolean known() {
    return pid > 0;
  }
}
