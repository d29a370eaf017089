package io.selfupgrade.launcher;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** {@code status HOME}: what a person asks first, line by line. */
final class StatusReport {
  private static final int LAST_ENTRIES = 10;

  private final Home home;
  private final ProcessTable table;
  private final PrintStream out;

  StatusReport(Home home, ProcessTable table, PrintStream out) {
    this.home = home;
    this.table = table;
    this.out = out;
  }

  void print() throws IOException {
    line("home", home.toString());
    line("launcher", launcher());
    line("current", home.confirmedVersion().orElse("none installed"));
    printInstances(Role.CURRENT);
    Optional<Candidate> candidate = Candidate.read(home);
    line("candidate", candidate.map(StatusReport::words).orElse("none"));
    printInstances(Role.CANDIDATE);
    printInstances(Role.RETIRED);
    line("frozen", Files.notExists(home.frozen()) ? "no" : "yes");
    List<JournalEntry> entries = Journal.read(home, 0);
    line("journal", entries.isEmpty() ? "empty" : "last entries of " + home.journal());
    for (JournalEntry entry :
        entries.subList(Math.max(0, entries.size() - LAST_ENTRIES), entries.size())) {
      out.println("  " + words(entry));
    }
  }

  private String launcher() throws IOException {
    Optional<ProcessMark> launcher = LauncherRecord.read(home);
    if (launcher.filter(table::alive).isPresent()) {
      return "running, pid " + launcher.get().pid() + ", since " + since(launcher.get());
    }
    if (!Files.isDirectory(home.run())) {
      return "not running";
    }
    Optional<LauncherLock> lock = LauncherLock.tryTake(home);
    if (lock.isEmpty()) {
      return "running, its process cannot be seen from here";
    }
    lock.get().close();
    return "not running";
  }

  private void printInstances(Role role) throws IOException {
    if (!Files.isDirectory(home.run())) {
      return;
    }
    for (RunDirectory run : Attestations.runDirectories(home)) {
      Optional<ChildRecord> record = ChildRecord.read(run).filter(one -> one.role() == role);
      if (record.isPresent() && Reaped.read(run).isEmpty()) {
        ProcessMark process = record.get().process();
        String state =
            table.alive(process)
                ? "pid " + process.pid() + ", since " + since(process)
                : "no living process";
        out.println(
            "  instance "
                + run.instance()
                + ", version "
                + record.get().version()
                + ", "
                + state
                + (role == Role.RETIRED ? ", being stopped" : ""));
      }
    }
  }

  private static String words(Candidate candidate) {
    return candidate.version()
        + ", upgrade "
        + candidate.upgrade()
        + ", epoch "
        + candidate.trial().epoch()
        + ", "
        + candidate.state()
        + (candidate.why().isEmpty() ? "" : " (" + candidate.why() + ")")
        + (candidate.alone() ? ", alone" : "")
        + ", handed over: "
        + (candidate.handedOver() ? "yes" : "no")
        + ", counted starts "
        + candidate.starts()
        + " of "
        + Rules.COUNTED_STARTS
        + ", ran "
        + candidate.runTime().toMillis()
        + " of "
        + candidate.trial().limit().toMillis()
        + " ms";
  }

  private static String words(JournalEntry entry) {
    StringBuilder words = new StringBuilder();
    words.append(entry.sequence()).append("  ").append(entry.at()).append("  ");
    words.append(entry.event());
    for (String part :
        List.of(entry.version(), entry.instance(), entry.upgrade(), entry.detail())) {
      if (!part.isEmpty()) {
        words.append("  ").append(part);
      }
    }
    return words.toString();
  }

  private static String since(ProcessMark process) {
    return Instant.ofEpochMilli(process.startMillis()).toString();
  }

  private void line(String name, String value) {
    out.println(String.format("%-10s %s", name, value));
  }
}
