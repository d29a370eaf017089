package io.selfupgrade.launcher;

import java.io.IOException;
import java.util.Optional;

/** The record {@code run/launcher} of the running launcher. */
final class LauncherRecord {
  private LauncherRecord() {}

  static void write(Home home, ProcessMark self) throws IOException {
    StateFile.empty()
        .with("pid", self.pid())
        .with("startMillis", self.startMillis())
        .with("startMark", self.mark())
        .with("protocol", Home.PROTOCOL)
        .write(home.disk(), home.launcherRecord());
  }

  /** Returns the launcher that wrote the record last, dead or alive. */
  static Optional<ProcessMark> read(Home home) throws IOException {
    Optional<StateFile> file = StateFile.read(home.launcherRecord());
    if (file.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new ProcessMark(
            file.get().requireNumber("pid"),
            file.get().number("startMillis", 0),
            file.get().text("startMark").orElse("")));
  }
}
