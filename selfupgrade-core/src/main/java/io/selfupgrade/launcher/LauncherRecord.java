package io.selfupgrade.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
        .with("home", home.toString())
        .write(home.disk(), home.launcherRecord());
  }

  /** Returns the other home that this one is a copy of, made while something ran in it. */
  static Optional<Path> original(Home home) throws IOException {
    Optional<String> made =
        StateFile.read(home.launcherRecord()).flatMap(state -> state.text("home"));
    if (made.isEmpty()) {
      return Optional.empty();
    }
    Path place = Path.of(made.get());
    // A home that was moved is no copy.
    return Files.isDirectory(place) && !Files.isSameFile(place, home.root())
        ? Optional.of(place)
        : Optional.empty();
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
