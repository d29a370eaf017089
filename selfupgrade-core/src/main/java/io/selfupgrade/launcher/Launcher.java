package io.selfupgrade.launcher;

import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/**
 * The program that keeps an agent's confirmed version running and a candidate beside it.
 *
 * <p>{@code run HOME} supervises until SIGTERM, or until the agent has ended on purpose; {@code
 * stop HOME} leaves nothing of it running; {@code status HOME} prints what runs. Exit codes: 0
 * done, 1 failed, 2 wrong usage.
 *
 * <p>It may be killed at any moment: children go on, and the next launcher goes on from the files.
 */
public final class Launcher {
  private static final int DONE = 0;
  private static final int FAILED = 1;
  private static final int WRONG_USAGE = 2;
  private static final String USAGE =
      """
      Usage: java -jar selfupgrade-launcher.jar COMMAND HOME

        run HOME      keep the confirmed version running, and a candidate beside it
        stop HOME     stop the launcher of HOME and all that it runs
        status HOME   say what runs

      HOME is the directory that the release tool's install has made.
      Exit codes: 0 done, 1 failed, 2 wrong usage.""";

  private final PrintStream out;
  private final PrintStream err;
  private final Clock clock;
  private final Timings timings;
  private final ProcessTable table;
  private final Disk disk;

  Launcher(PrintStream out, PrintStream err, Clock clock, Timings timings) {
    this(out, err, clock, timings, ProcessTable.ofThisHost(), Disk.REAL);
  }

  Launcher(
      PrintStream out,
      PrintStream err,
      Clock clock,
      Timings timings,
      ProcessTable table,
      Disk disk) {
    this.out = out;
    this.err = err;
    this.clock = clock;
    this.timings = timings;
    this.table = table;
    this.disk = disk;
  }

  /** Runs a command and exits with its code. */
  public static void main(String[] args) {
    Launcher launcher = new Launcher(System.out, System.err, Clock.systemUTC(), Timings.DEFAULT);
    System.exit(launcher.execute(List.of(args)));
  }

  /** Runs a command and returns its exit code. */
  int execute(List<String> args) {
    if (args.equals(List.of("--help")) || args.equals(List.of("-h"))) {
      out.println(USAGE);
      return DONE;
    }
    if (args.size() != 2 || !List.of("run", "stop", "status").contains(args.get(0))) {
      err.println(USAGE);
      return WRONG_USAGE;
    }
    try {
      requirePlatform(System.getProperty("os.name"));
      Home home = home(args.get(1));
      switch (args.get(0)) {
        case "run" -> {
          requireNoCopy(home);
          run(home);
        }
        case "stop" -> {
          requireNoCopy(home);
          stop(home);
        }
        default -> new StatusReport(home, table, out).print();
      }
      return DONE;
    } catch (FileSystemException e) {
      boolean notWritable =
          e instanceof AccessDeniedException || String.valueOf(e.getReason()).contains("Read-only");
      err.println(
          notWritable
              ? e.getFile()
                  + " cannot be written ("
                  + (e.getReason() == null ? "access denied" : e.getReason())
                  + "): run the launcher as the owner of the home, on a file system that is mounted"
                  + " for writing"
              : e.toString());
      return FAILED;
    } catch (IOException e) {
      err.println(e.getMessage() == null ? e.toString() : e.getMessage());
      return FAILED;
    }
  }

  /**
   * Refuses a system on which files, locks and signals do not work as the launcher needs them.
   *
   * @throws IOException on any other system than Linux and macOS
   */
  static void requirePlatform(String system) throws IOException {
    String name = system.toLowerCase(Locale.ROOT);
    if (!name.startsWith("linux") && !name.startsWith("mac")) {
      throw new IOException(
          "The launcher runs on Linux and macOS, this is "
              + system
              + "; run it there, or in a container, or let the platform deploy the agent");
    }
  }

  private Home home(String path) throws IOException {
    try {
      Home home = Home.at(Path.of(path), disk);
      if (!Files.isDirectory(home.root())) {
        throw new IOException(
            home + " is not a directory; install a first release with the release tool");
      }
      if (home.toString().contains(File.pathSeparator)) {
        throw new IOException(
            home
                + " contains '"
                + File.pathSeparator
                + "', which no class path can hold; use"
                + " another directory");
      }
      return home;
    } catch (InvalidPathException e) {
      throw new IOException("Not a path: " + path, e);
    }
  }

  /** In a copy the records name processes of the original, which must not be taken for its own. */
  private static void requireNoCopy(Home home) throws IOException {
    Optional<Path> original = LauncherRecord.original(home);
    if (original.isPresent()) {
      throw new IOException(
          home
              + " is a copy of "
              + original.get()
              + ", made while that ran: stop the original with stop "
              + original.get()
              + "; to use the copy, delete "
              + home.run()
              + " and "
              + home.candidate()
              + " first");
    }
  }

  private void run(Home home) throws IOException {
    String confirmed =
        home.confirmedVersion()
            .orElseThrow(
                () ->
                    new IOException(
                        home.current()
                            + " does not exist: no version is installed; install a"
                            + " first release with the release tool"));
    Optional<LauncherLock> taken = LauncherLock.take(home, timings.settle());
    if (taken.isEmpty()) {
      throw new IOException(
          "Another launcher runs for "
              + home
              + ", pid "
              + launcherPid(home)
              + "; stop it first, or leave it running");
    }
    try {
      Supervisor supervisor = begin(home, confirmed);
      CountDownLatch done = endOnSignal(supervisor);
      out.println(
          "Launcher "
              + self().pid()
              + " keeps "
              + confirmed
              + " running in "
              + home
              + "; journal: "
              + home.journal());
      try {
        supervisor.run();
        DurableFile.remove(disk, home.launcherRecord());
      } finally {
        done.countDown();
      }
    } finally {
      taken.get().close();
    }
  }

  /** Goes on from what earlier launchers left; {@code confirmed} is the version to keep running. */
  Supervisor begin(Home home, String confirmed) throws IOException {
    Journal journal = Journal.open(home, clock, err);
    try {
      LauncherRecord.write(home, self());
    } catch (IOException e) {
      journal.note(JournalEvent.TROUBLE, confirmed, "no record of the launcher: " + e);
    }
    journal.note(JournalEvent.LAUNCHER_STARTED, confirmed, "pid " + self().pid());
    return supervisor(home, journal, confirmed);
  }

  /** On SIGTERM or Ctrl-C: children first, then this process, with the code of success. */
  private static CountDownLatch endOnSignal(Supervisor supervisor) {
    CountDownLatch done = new CountDownLatch(1);
    Runnable end =
        () -> {
          if (done.getCount() == 0) {
            return;
          }
          supervisor.end();
          try {
            done.await();
            Runtime.getRuntime().halt(DONE);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        };
    Runtime.getRuntime().addShutdownHook(new Thread(end, "selfupgrade-launcher-end"));
    return done;
  }

  private void stop(Home home) throws IOException {
    if (!Files.isDirectory(home.run())) {
      out.println("Nothing has ever run in " + home);
      return;
    }
    Optional<LauncherLock> taken = new StopCommand(home, table, timings.grace()).endLauncher();
    if (taken.isEmpty()) {
      throw new IOException(
          "The launcher of "
              + home
              + " (pid "
              + launcherPid(home)
              + ") cannot be stopped from"
              + " here; stop it as its owner, on its host");
    }
    try {
      Journal journal = Journal.open(home, clock, err);
      Supervisor rest = supervisor(home, journal, "");
      rest.end();
      rest.run();
      if (rest.hasAbandoned()) {
        throw new IOException(
            "An instance in "
                + home
                + " holds its lock but its process cannot be seen from here;"
                + " stop it on its host");
      }
    } finally {
      taken.get().close();
    }
    out.println("Nothing runs in " + home);
  }

  private Supervisor supervisor(Home home, Journal journal, String pointer) throws IOException {
    DurableFile.removeLeftovers(disk, home.current());
    DurableFile.removeLeftovers(disk, home.candidate());
    HomeState state = HomeState.read(home, journal, pointer);
    Attestations attestations = new Attestations(journal, clock);
    Adoption adoption = new Adoption(home, table, journal, attestations, timings.settle());
    Waker waker = new Waker();
    Crew crew =
        new Crew(
            new Starter(home, table, journal, waker),
            attestations,
            journal,
            new RequestInbox(journal),
            timings.grace());
    crew.take(adoption.adopt());
    attestations.clearAway();
    Supervisor supervisor = new Supervisor(home, timings, journal, state, crew);
    waker.supervisor = supervisor;
    return supervisor;
  }

  /** Wakes the loop when a child exits. */
  private static final class Waker implements Runnable {
    private volatile Supervisor supervisor;

    @Override
    public void run() {
      Supervisor loop = supervisor;
      if (loop != null) {
        loop.wake();
      }
    }
  }

  private ProcessMark self() {
    long pid = ProcessHandle.current().pid();
    return table.mark(pid).orElse(new ProcessMark(pid, 0, ""));
  }

  private static String launcherPid(Home home) throws IOException {
    return LauncherRecord.read(home).map(mark -> Long.toString(mark.pid())).orElse("unknown");
  }
}
