package io.selfupgrade.launcher;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** {@code status HOME}: what a person asks first, line by line. */
final class StatusReport {
  private static final int LAST_ENTRIES = 10;
  private static final int LAST_BYTES = 1000;

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
    printLastEnd();
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

  /** What a person asks first when the confirmed version ends again and again. */
  private void printLastEnd() throws IOException {
    if (!Files.isDirectory(home.run())) {
      return;
    }
    Optional<RunDirectory> last = Optional.empty();
    long newest = -1;
    for (RunDirectory run : Attestations.runDirectories(home)) {
      Optional<ChildRecord> record =
          ChildRecord.read(run).filter(one -> one.role() == Role.CURRENT);
      if (record.isPresent() && Reaped.read(run).isPresent() && record.get().sequence() > newest) {
        newest = record.get().sequence();
        last = Optional.of(run);
      }
    }
    if (last.isEmpty() || !Reaped.read(last.get()).orElseThrow().ownDoing()) {
      return;
    }
    Reaped end = Reaped.read(last.get()).orElseThrow();
    out.println(
        "  ended by itself at "
            + end.at()
            + (end.code().isEmpty() ? "" : " with code " + end.code())
            + "; its output: "
            + last.get().output());
    lastLine(last.get().output()).ifPresent(text -> out.println("    last line: " + text));
  }

  private static Optional<String> lastLine(Path output) throws IOException {
    if (!Files.isRegularFile(output)) {
      return Optional.empty();
    }
    try (SeekableByteChannel channel = Files.newByteChannel(output)) {
      channel.position(Math.max(0, channel.size() - LAST_BYTES));
      byte[] end = Channels.newInputStream(channel).readNBytes(LAST_BYTES);
      return new String(end, StandardCharsets.UTF_8)
          .lines()
          .map(line -> line.replaceAll("\\p{Cntrl}", " ").strip())
          .filter(line -> !line.isEmpty())
          .reduce((first, second) -> second);
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
