package io.selfupgrade.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** Finds what earlier launchers left running, and attests what died meanwhile. */
final class Adoption {
  private static final Duration PAUSE = Duration.ofMillis(20);

  private final Home home;
  private final ProcessTable table;
  private final Journal journal;
  private final Attestations attestations;
  private final Duration settle;
  private final List<Child> living = new ArrayList<>();

  Adoption(
      Home home, ProcessTable table, Journal journal, Attestations attestations, Duration settle) {
    this.home = home;
    this.table = table;
    this.journal = journal;
    this.attestations = attestations;
    this.settle = settle;
  }

  /** An instance that may have been started by a launcher that died before it knew the pid. */
  private record Unknown(RunDirectory run, ChildRecord record) {}

  List<Child> adopt() throws IOException {
    List<Unknown> unknown = new ArrayList<>();
    for (RunDirectory run : Attestations.runDirectories(home)) {
      if (!Files.exists(run.child())) {
        // Not of a launcher: of an agent that was started by hand.
        continue;
      }
      ChildRecord record = read(run);
      Optional<Reaped> reaped = reaped(run);
      if (reaped.isPresent()) {
        attestations.recall(run, record, reaped.get());
      } else if (!find(run, record)) {
        if (record.process().known()) {
          attest(run, record);
        } else {
          unknown.add(new Unknown(run, record));
        }
      }
    }
    settle(unknown);
    oneCurrent();
    return living;
  }

  /** A process may be between the fork and the moment in which its command line can be seen. */
  private void settle(List<Unknown> unknown) throws IOException {
    long deadline = System.nanoTime() + settle.toNanos();
    while (!unknown.isEmpty() && System.nanoTime() - deadline < 0) {
      List<Unknown> left = new ArrayList<>();
      for (Unknown one : unknown) {
        if (!find(one.run(), one.record())) {
          left.add(one);
        }
      }
      unknown = left;
      LockSupport.parkNanos(PAUSE.toNanos());
    }
    for (Unknown one : unknown) {
      attest(one.run(), one.record());
    }
  }

  private boolean find(RunDirectory run, ChildRecord record) {
    if (table.alive(record.process())) {
      adopt(run, record);
      return true;
    }
    Optional<ProcessMark> found = table.find(run.instance());
    if (found.isPresent()) {
      ChildRecord running = record.running(found.get());
      try {
        running.write(run);
      } catch (IOException e) {
        journal.note(JournalEvent.TROUBLE, run.instance(), record.version(), "no pid: " + e);
      }
      adopt(run, running);
      return true;
    }
    return false;
  }

  /** Under the instance's lock: one that comes up too late finds the attestation and ends. */
  private void attest(RunDirectory run, ChildRecord record) throws IOException {
    Optional<InstanceLock> lock = InstanceLock.tryTake(run);
    if (lock.isEmpty()) {
      adopt(run, record);
      return;
    }
    try {
      boolean rebooted = table.beforeThisBoot(record.process());
      attestations.attest(
          run, record, "", rebooted ? Reaped.Cause.REBOOTED : Reaped.Cause.UNWATCHED);
    } finally {
      lock.get().close();
    }
  }

  private void adopt(RunDirectory run, ChildRecord record) {
    living.add(new Child(run, record, table.adopt(record.process(), run)));
    String who =
        record.process().known()
            ? "pid " + record.process().pid()
            : "its lock is held by a process that cannot be seen from here";
    journal.note(
        JournalEvent.ADOPTED, run.instance(), record.version(), record.role().word() + ", " + who);
  }

  /** No sequence of crashes leads to two; should it happen, the later one stays. */
  private void oneCurrent() throws IOException {
    List<Child> current =
        living.stream()
            .filter(child -> child.record().role() == Role.CURRENT)
            .sorted(Comparator.comparingLong(child -> child.record().sequence()))
            .toList();
    for (int i = 0; i < current.size() - 1; i++) {
      current.get(i).assign(Role.RETIRED);
    }
  }

  private ChildRecord read(RunDirectory run) {
    try {
      return ChildRecord.read(run).orElseGet(ChildRecord::unreadable);
    } catch (IOException e) {
      journal.note(JournalEvent.TROUBLE, run.instance(), "", "record: " + e.getMessage());
      return ChildRecord.unreadable();
    }
  }

  private Optional<Reaped> reaped(RunDirectory run) {
    try {
      return Reaped.read(run);
    } catch (IOException e) {
      journal.note(JournalEvent.TROUBLE, run.instance(), "", "attestation: " + e.getMessage());
      return Optional.empty();
    }
  }
}
