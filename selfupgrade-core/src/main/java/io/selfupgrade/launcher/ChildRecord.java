package io.selfupgrade.launcher;

import java.io.IOException;
import java.util.Objects;
import java.util.Optional;

/**
 * The record {@code run/<instance>/child}: written before the start, again when the pid is known.
 *
 * @param role what the child is to the launcher
 * @param version the version that runs, which differs from {@code current} after a fallback
 * @param upgrade the upgrade whose candidate it is, or empty
 * @param predecessor the last reaped instance of the role before this start, or empty
 * @param sequence orders starts and attestations
 * @param process the process, {@link ProcessMark#NONE} before the start
 */
record ChildRecord(
    Role role,
    String version,
    String upgrade,
    String predecessor,
    long sequence,
    ProcessMark process) {
  ChildRecord {
    Objects.requireNonNull(role, "role");
    Objects.requireNonNull(version, "version");
    Objects.requireNonNull(upgrade, "upgrade");
    Objects.requireNonNull(predecessor, "predecessor");
    Objects.requireNonNull(process, "process");
  }

  static Optional<ChildRecord> read(RunDirectory run) throws IOException {
    Optional<StateFile> file = StateFile.read(run.child());
    if (file.isEmpty()) {
      return Optional.empty();
    }
    StateFile state = file.get();
    try {
      ProcessMark process =
          new ProcessMark(
              state.number("pid", 0),
              state.number("startMillis", 0),
              state.text("startMark").orElse(""));
      return Optional.of(
          new ChildRecord(
              Role.of(state.requireText("role")),
              state.requireText("version"),
              state.text("upgrade").orElse(""),
              state.text("predecessor").orElse(""),
              state.number("sequence", 0),
              process));
    } catch (IllegalArgumentException e) {
      throw new IOException(run.child() + " is no child's record: " + e.getMessage(), e);
    }
  }

  void write(RunDirectory run) throws IOException {
    StateFile state =
        StateFile.empty()
            .with("role", role.word())
            .with("version", version)
            .with("upgrade", upgrade)
            .with("predecessor", predecessor)
            .with("sequence", sequence);
    if (process.known()) {
      state =
          state
              .with("pid", process.pid())
              .with("startMillis", process.startMillis())
              .with("startMark", process.mark());
    }
    state.write(run.disk(), run.child());
  }

  ChildRecord as(Role newRole) {
    return new ChildRecord(newRole, version, upgrade, predecessor, sequence, process);
  }

  ChildRecord running(ProcessMark newProcess) {
    return new ChildRecord(role, version, upgrade, predecessor, sequence, newProcess);
  }

  /** The line of instances in which this one has its predecessor and its successor. */
  String line() {
    return switch (role) {
      case CANDIDATE -> upgrade;
      case CURRENT, RELIEF -> Role.CURRENT.word();
      case RETIRED -> role.word();
    };
  }

  /** A child whose record cannot be read: nothing is known but that it must go. */
  static ChildRecord unreadable() {
    return new ChildRecord(Role.RETIRED, "unknown", "", "", 0, ProcessMark.NONE);
  }
}
