package io.selfupgrade.launcher;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What the launcher alone writes about versions; each change is on disk before it counts. */
final class HomeState {
  private final Home home;
  private final Journal journal;
  private final Set<String> everConfirmed = new HashSet<>();
  private String pointer;
  private Optional<Candidate> candidate = Optional.empty();
  private Obeyed obeyed = new Obeyed(List.of());

  private HomeState(Home home, Journal journal, String pointer) {
    this.home = home;
    this.journal = journal;
    this.pointer = pointer;
  }

  /** Reads what earlier launchers left; {@code pointer} is the confirmed version, as just read. */
  static HomeState read(Home home, Journal journal, String pointer) throws IOException {
    HomeState state = new HomeState(home, journal, pointer);
    for (JournalEntry entry : Journal.read(home, 0)) {
      if (entry.event().equals(JournalEvent.LAUNCHER_STARTED.name())
          || entry.event().equals(JournalEvent.POINTED.name())) {
        state.everConfirmed.add(entry.version());
      }
    }
    state.everConfirmed.add(pointer);
    try {
      state.candidate = Candidate.read(home);
    } catch (IOException e) {
      state.setAside(home.candidate(), e);
    }
    try {
      state.obeyed = Obeyed.read(home);
    } catch (IOException e) {
      state.setAside(home.obeyed(), e);
    }
    return state;
  }

  String pointer() {
    return pointer;
  }

  Optional<Candidate> candidate() {
    return candidate;
  }

  Obeyed obeyed() {
    return obeyed;
  }

  boolean wasConfirmed(String version) {
    return everConfirmed.contains(version);
  }

  void decide(Request request) throws IOException {
    Obeyed more = obeyed.and(request);
    more.write(home);
    obeyed = more;
    journal.note(
        request.kind() == RequestKind.CONFIRMED ? JournalEvent.CONFIRMED : JournalEvent.DROPPED,
        request);
  }

  void save(Candidate changed) throws IOException {
    changed.toState().write(home.disk(), home.candidate());
    candidate = Optional.of(changed);
  }

  void pointTo(Candidate confirmed) throws IOException {
    home.confirm(confirmed.version());
    String before = pointer;
    pointer = confirmed.version();
    everConfirmed.add(pointer);
    journal.note(JournalEvent.POINTED, confirmed, "from " + before);
  }

  void endTrial(Candidate ended) throws IOException {
    DurableFile.remove(home.disk(), home.candidate());
    candidate = Optional.empty();
    journal.note(JournalEvent.TRIAL_ENDED, ended, "");
  }

  /** Run time counts in memory; {@link #save} puts it on disk. */
  void ran(Candidate changed) {
    candidate = Optional.of(changed);
  }

  /** The service goes on without a record that nobody can read; it is kept for a person. */
  private void setAside(Path record, IOException cause) {
    journal.note(JournalEvent.TROUBLE, pointer, "set aside: " + cause.getMessage());
    try {
      Path aside = record.resolveSibling(record.getFileName() + ".unreadable");
      home.disk().rename(record, aside);
    } catch (IOException e) {
      journal.note(JournalEvent.TROUBLE, pointer, "cannot set aside " + record + ": " + e);
    }
  }
}
