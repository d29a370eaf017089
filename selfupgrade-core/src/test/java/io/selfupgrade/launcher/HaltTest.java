package io.selfupgrade.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HaltTest {
  @TempDir Path directory;

  @Test
  void aLauncherEndsAtTheNamedPointOnce() throws Exception {
    Path marker = directory.resolve("marker");
    Path list = directory.resolve("list");
    List<String> halt =
        List.of(
            "-Dhalt.at=after rename current#1", "-Dhalt.marker=" + marker, "-Dhalt.list=" + list);
    try (TestHome test = new TestHome(directory.resolve("home"))) {
      UUID upgrade = UUID.randomUUID();
      test.install("1.0.0");
      test.install("1.1.0");
      test.confirm("1.0.0");
      Process launcher = test.startLauncher(HaltingLauncher.class, halt);
      UUID current = test.awaitReady(Role.CURRENT, "1.0.0");
      test.tryVersion(current, "1.1.0", upgrade, 5, 600_000);
      UUID candidate = test.awaitReady(Role.CANDIDATE, "1.1.0");
      test.write(candidate, RequestKind.CONFIRMED, upgrade, 6);
      test.awaitTrue("the end of the launcher", () -> !launcher.isAlive());

      assertThat(launcher.exitValue()).isEqualTo(Halt.CODE);
      assertThat(marker).exists();
      assertThat(test.home.confirmedVersion()).contains("1.1.0");
      assertThat(test.events(JournalEvent.POINTED)).isEmpty();
      assertThat(Files.readAllLines(list))
          .contains("start 1.0.0#1", "start 1.1.0#1", "append run/launcher.log CONFIRMED#1")
          .endsWith("rename current#1");

      test.startLauncher(HaltingLauncher.class, halt);
      test.awaitTrue("one instance", () -> test.livingInstances().equals(List.of(candidate)));
      test.awaitTrue("end of the trial", () -> Candidate.read(test.home).isEmpty());
    }
  }
}
