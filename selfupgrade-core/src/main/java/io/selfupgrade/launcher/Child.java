package io.selfupgrade.launcher;

import java.io.IOException;
import java.time.Duration;
import java.util.UUID;

/** A child that is not known to be dead, as the supervision loop sees it. */
final class Child {
  private final RunDirectory run;
  private final ChildProcess process;
  private final long sinceNanos;
  private ChildRecord record;
  private boolean leaving;
  private boolean killed;
  private long killAtNanos;

  Child(RunDirectory run, ChildRecord record, ChildProcess process) {
    this.run = run;
    this.record = record;
    this.process = process;
    this.sinceNanos = System.nanoTime();
  }

  RunDirectory run() {
    return run;
  }

  UUID instance() {
    return run.instance();
  }

  ChildRecord record() {
    return record;
  }

  ChildProcess process() {
    return process;
  }

  boolean leaving() {
    return leaving;
  }

  /** How long it has been watched. */
  Duration ran() {
    return Duration.ofNanos(System.nanoTime() - sinceNanos);
  }

  void assign(Role role) throws IOException {
    ChildRecord changed = record.as(role);
    changed.write(run);
    record = changed;
  }

  void stop(Duration killAfter) {
    leaving = true;
    killAtNanos = System.nanoTime() + killAfter.toNanos();
    process.terminate();
  }

  /** Tells whether it was asked to end and its time has passed. */
  boolean overdue() {
    return leaving && System.nanoTime() - killAtNanos >= 0;
  }

  /** Kills it; tells whether that is the first time. */
  boolean kill() {
    process.kill();
    boolean first = !killed;
    killed = true;
    return first;
  }
}
