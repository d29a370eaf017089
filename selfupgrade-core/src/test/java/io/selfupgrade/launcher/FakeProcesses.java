package io.selfupgrade.launcher;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Processes that are nothing but an entry here, from one boot of a host. */
final class FakeProcesses extends ProcessTable {
  private final String boot;
  private final List<Fake> all = new ArrayList<>();

  FakeProcesses(String boot) {
    this.boot = boot;
  }

  /** Returns all that were ever started, oldest first. */
  List<Fake> started() {
    return all;
  }

  List<Fake> living() {
    return all.stream().filter(Fake::alive).toList();
  }

  @Override
  ChildProcess start(ProcessBuilder child, Runnable ended) {
    Fake fake =
        new Fake(
            all.size() + 1,
            UUID.fromString(child.environment().get("SELFUPGRADE_INSTANCE")),
            Path.of(child.environment().get("SELFUPGRADE_SLOT")).getFileName().toString());
    all.add(fake);
    return fake;
  }

  @Override
  ChildProcess adopt(ProcessMark mark, RunDirectory run) {
    return all.get(Math.toIntExact(mark.pid()) - 1);
  }

  @Override
  Optional<ProcessMark> mark(long pid) {
    return pid >= 1 && pid <= all.size() && all.get((int) pid - 1).alive()
        ? Optional.of(new ProcessMark(pid, 1, boot + ":" + pid))
        : Optional.empty();
  }

  @Override
  Optional<ProcessMark> find(UUID instance) {
    return living().stream()
        .filter(fake -> fake.instance.equals(instance))
        .findFirst()
        .flatMap(fake -> mark(fake.pid));
  }

  @Override
  boolean beforeThisBoot(ProcessMark mark) {
    return mark.known() && !mark.mark().startsWith(boot + ":");
  }

  @Override
  void expendable(long pid, boolean first) {}

  /** One of them; it ends as soon as it is asked to. */
  static final class Fake implements ChildProcess {
    private final long pid;
    final UUID instance;
    final String version;
    private boolean alive = true;

    private Fake(long pid, UUID instance, String version) {
      this.pid = pid;
      this.instance = instance;
      this.version = version;
    }

    @Override
    public long pid() {
      return pid;
    }

    @Override
    public boolean alive() {
      return alive;
    }

    @Override
    public String exitCode() {
      return "143";
    }

    @Override
    public boolean reachable() {
      return alive;
    }

    @Override
    public void terminate() {
      alive = false;
    }

    @Override
    public void kill() {
      alive = false;
    }
  }
}
