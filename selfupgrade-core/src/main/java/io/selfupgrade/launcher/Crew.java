package io.selfupgrade.launcher;

import io.selfupgrade.launcher.Situation.Living;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The children that are not known to be dead. Used by the supervision loop only. */
final class Crew {
  private final Starter starter;
  private final Attestations attestations;
  private final Journal journal;
  private final RequestInbox inbox;
  private final Timings.Grace grace;
  private final List<Child> children = new ArrayList<>();
  private boolean abandoned;

  Crew(
      Starter starter,
      Attestations attestations,
      Journal journal,
      RequestInbox inbox,
      Timings.Grace grace) {
    this.starter = starter;
    this.attestations = attestations;
    this.journal = journal;
    this.inbox = inbox;
    this.grace = grace;
  }

  /** A child that died, and how. */
  record Death(Child child, Reaped reaped) {}

  void take(List<Child> adopted) {
    children.addAll(adopted);
  }

  List<Living> living() {
    List<Living> living = new ArrayList<>();
    for (Child child : children) {
      Optional<Situation.Restart> restart = inbox.look(child.run()).restart().map(starter::begun);
      living.add(new Living(child.instance(), child.record().role(), child.leaving(), restart));
    }
    return living;
  }

  List<Request> requests() {
    List<Request> requests = new ArrayList<>();
    children.forEach(child -> requests.addAll(inbox.look(child.run()).requests()));
    return requests;
  }

  /** Tells whether the candidate's instance lives and has not been asked to end. */
  boolean works(Candidate candidate) {
    return children.stream()
        .anyMatch(child -> candidate.isInstance(child.instance()) && !child.leaving());
  }

  /** Returns the record of the next instance of a role, to be prepared and started. */
  ChildRecord next(Role role, String version, String upgrade) {
    ChildRecord blank =
        new ChildRecord(role, version, upgrade, "", journal.nextSequence(), ProcessMark.NONE);
    String predecessor = attestations.last(blank.line()).map(UUID::toString).orElse("");
    return new ChildRecord(role, version, upgrade, predecessor, blank.sequence(), ProcessMark.NONE);
  }

  RunDirectory prepare(UUID instance, ChildRecord record) throws IOException {
    return starter.prepare(instance, record);
  }

  void start(RunDirectory run, ChildRecord record, Slot slot) throws IOException {
    try {
      Child child = starter.start(run, record, slot);
      children.add(child);
      journal.note(
          JournalEvent.STARTED,
          run.instance(),
          record.version(),
          record.role().word() + ", pid " + child.record().process().pid());
    } catch (IOException e) {
      attestations.attest(run, record, "", Reaped.Cause.NOT_STARTED);
      throw e;
    }
  }

  void assign(UUID instance, Role role) throws IOException {
    Child child = child(instance);
    child.assign(role);
    if (role == Role.CURRENT) {
      starter.preferAsVictim(child, false);
    }
  }

  void drain(UUID instance, String why) {
    Duration drain = RequestInbox.drain(child(instance).run()).orElse(grace.drain());
    stop(instance, drain.plus(grace.margin()), why);
  }

  void stop(UUID instance, Duration killAfter, String why) {
    Child child = child(instance);
    journal.note(
        JournalEvent.STOPPING,
        instance,
        child.record().version(),
        why + "; killed after " + killAfter.toMillis() + " ms");
    child.stop(killAfter);
  }

  void killOverdue() {
    for (Child child : List.copyOf(children)) {
      String version = child.record().version();
      if (!child.overdue()) {
        continue;
      }
      if (!child.process().reachable() && child.process().alive()) {
        journal.note(
            JournalEvent.TROUBLE, child.instance(), version, "cannot be stopped from here");
        children.remove(child);
        abandoned = true;
      } else if (child.kill()) {
        journal.note(JournalEvent.KILLED, child.instance(), version, "did not end in time");
      }
    }
  }

  /** Tells whether a child was given up that may still live. */
  boolean hasAbandoned() {
    return abandoned;
  }

  /** Writes the attestations that could not be written before. */
  void attestLate() throws IOException {
    attestations.writeLate();
  }

  /** Attests and forgets the children that have died. */
  List<Death> reap() {
    List<Death> deaths = new ArrayList<>();
    for (Child child : List.copyOf(children)) {
      if (!child.process().alive()) {
        Reaped.Cause cause = child.leaving() ? Reaped.Cause.STOPPED : Reaped.Cause.EXITED;
        Reaped reaped =
            attestations.attest(child.run(), child.record(), child.process().exitCode(), cause);
        children.remove(child);
        inbox.forget(child.run());
        deaths.add(new Death(child, reaped));
      }
    }
    if (!deaths.isEmpty()) {
      attestations.clearAway();
    }
    return deaths;
  }

  private Child child(UUID instance) {
    Optional<Child> found =
        children.stream().filter(child -> child.instance().equals(instance)).findFirst();
    return found.orElseThrow(
        () -> new IllegalStateException("Instance " + instance + " is not a living child"));
  }
}
