package io.selfupgrade.launcher;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/** The real processes; the JVM can end before and after each thing that is done to one. */
final class HaltingProcesses extends ProcessTable {
  private final ProcessTable table = ProcessTable.ofThisHost();
  private final Halt halt;

  HaltingProcesses(Halt halt) {
    this.halt = halt;
  }

  @Override
  ChildProcess start(ProcessBuilder child, Runnable ended) throws IOException {
    ChildProcess[] started = new ChildProcess[1];
    Path slot = Path.of(child.environment().get("SELFUPGRADE_SLOT"));
    halt.around("start " + slot.getFileName(), () -> started[0] = table.start(child, ended));
    return new Halting(halt, started[0]);
  }

  @Override
  ChildProcess adopt(ProcessMark mark, RunDirectory run) {
    return new Halting(halt, table.adopt(mark, run));
  }

  @Override
  Optional<ProcessMark> mark(long pid) {
    return table.mark(pid);
  }

  @Override
  Optional<ProcessMark> find(UUID instance) {
    return table.find(instance);
  }

  @Override
  boolean beforeThisBoot(ProcessMark mark) {
    return table.beforeThisBoot(mark);
  }

  @Override
  void expendable(long pid, boolean first) throws IOException {
    halt.around("expendable " + first, () -> table.expendable(pid, first));
  }

  private record Halting(Halt halt, ChildProcess process) implements ChildProcess {
    @Override
    public long pid() {
      return process.pid();
    }

    @Override
    public boolean alive() {
      return process.alive();
    }

    @Override
    public String exitCode() {
      return process.exitCode();
    }

    @Override
    public boolean reachable() {
      return process.reachable();
    }

    @Override
    public void terminate() {
      around("terminate", process::terminate);
    }

    @Override
    public void kill() {
      around("kill", process::kill);
    }

    private void around(String name, Runnable effect) {
      try {
        halt.around(name, effect::run);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
