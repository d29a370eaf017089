package io.selfupgrade.launcher;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Starts children: record, process, record with the pid. */
final class Starter {
  private final Home home;
  private final ProcessTable table;
  private final Journal journal;
  private final Runnable wake;

  Starter(Home home, ProcessTable table, Journal journal, Runnable wake) {
    this.home = home;
    this.table = table;
    this.journal = journal;
    this.wake = wake;
  }

  /** Writes the record of an instance that is about to be started. */
  RunDirectory prepare(UUID instance, ChildRecord record) throws IOException {
    RunDirectory run = home.run(instance);
    Disk disk = home.disk();
    disk.createDirectories(home.data());
    disk.createDirectories(run.path());
    disk.syncDirectory(home.run());
    record.write(run);
    disk.create(run.lock(), new byte[0]);
    return run;
  }

  /** Tells of a wish whether its relief was prepared, if no more than that. */
  Situation.Restart begun(Situation.Restart wish) {
    boolean begun =
        wish.relief().filter(relief -> Files.exists(home.run(relief).path())).isPresent();
    return new Situation.Restart(wish.relief(), begun);
  }

  /** Starts the prepared instance from a slot that has just been verified. */
  Child start(RunDirectory run, ChildRecord record, Slot slot) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command(run.instance(), slot));
    builder.directory(home.data().toFile());
    builder.redirectInput(new File("/dev/null"));
    builder.redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(run.output().toFile()));
    environment(builder.environment(), run, record, slot);
    ChildProcess process = table.start(builder, wake);
    ChildRecord running =
        record.running(table.mark(process.pid()).orElse(new ProcessMark(process.pid(), 0, "")));
    Child child = new Child(run, running, process);
    recordProcess(child);
    if (record.role() != Role.CURRENT) {
      preferAsVictim(child, true);
    }
    return child;
  }

  /** The child runs; a record that cannot be completed must not make it unknown. */
  private void recordProcess(Child child) {
    try {
      child.record().write(child.run());
    } catch (IOException e) {
      journal.note(
          JournalEvent.TROUBLE,
          child.instance(),
          child.record().version(),
          "no pid recorded: " + e);
    }
  }

  /** Makes a child the first or an ordinary victim when memory runs out; best effort. */
  void preferAsVictim(Child child, boolean first) {
    try {
      table.expendable(child.record().process().pid(), first);
    } catch (IOException e) {
      // Not allowed here, or the child is gone already: nothing depends on it.
      return;
    }
  }

  private static List<String> command(UUID instance, Slot slot) {
    Program program = slot.launch().program();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add(ProcessTable.argument(instance));
    command.addAll(program.jvmArgs());
    if (program.heapMb() > 0) {
      command.add("-Xmx" + program.heapMb() + "m");
    }
    if (program.jar().isEmpty()) {
      List<String> entries = new ArrayList<>();
      for (String entry : program.classpath()) {
        entries.add(slot.directory().resolve(entry).toString());
      }
      command.add("-cp");
      command.add(String.join(File.pathSeparator, entries));
      command.add(program.mainClass());
    } else {
      command.add("-jar");
      command.add(slot.directory().resolve(program.jar()).toString());
    }
    command.addAll(program.args());
    return command;
  }

  private void environment(
      Map<String, String> environment, RunDirectory run, ChildRecord record, Slot slot)
      throws IOException {
    environment.put("SELFUPGRADE_HOME", home.root().toString());
    environment.put("SELFUPGRADE_SLOT", slot.directory().toString());
    environment.put("SELFUPGRADE_INSTANCE", run.instance().toString());
    environment.put("SELFUPGRADE_PROTOCOL", Integer.toString(Home.PROTOCOL));
    environment.put("SELFUPGRADE_PROBE_PORT", Integer.toString(freePort()));
    environment.remove("SELFUPGRADE_PREDECESSOR");
    if (!record.predecessor().isEmpty()) {
      environment.put("SELFUPGRADE_PREDECESSOR", record.predecessor());
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
