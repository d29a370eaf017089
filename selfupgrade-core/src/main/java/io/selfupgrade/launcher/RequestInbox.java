package io.selfupgrade.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads what instances ask for, each file once; a bad one is said and left alone. */
final class RequestInbox {
  private static final List<RequestKind> ABOUT_UPGRADES =
      List.of(RequestKind.TRY, RequestKind.HANDED_OVER, RequestKind.CONFIRMED, RequestKind.DROPPED);

  private final Journal journal;
  private final Map<Path, Seen> seen = new HashMap<>();

  RequestInbox(Journal journal) {
    this.journal = journal;
  }

  /** Returns the requests about upgrades in a run directory. */
  List<Request> requests(RunDirectory run) {
    Set<String> names = names(run);
    List<Request> requests = new ArrayList<>();
    for (RequestKind kind : ABOUT_UPGRADES) {
      if (names.contains(kind.fileName())) {
        read(run, kind).ifPresent(requests::add);
      }
    }
    return requests;
  }

  /** Tells whether an instance has announced this. */
  static boolean has(RunDirectory run, RequestKind kind) {
    return Files.exists(run.request(kind));
  }

  /** Returns how long an instance says that it drains. */
  Duration drain(RunDirectory run, Duration fallback) {
    try {
      Optional<StateFile> ready = StateFile.read(run.request(RequestKind.READY));
      return ready.isEmpty()
          ? fallback
          : Request.grace(ready.get().number("drainMillis", fallback.toMillis()));
    } catch (IOException e) {
      journal.note(JournalEvent.IGNORED, run.instance(), "", "ready: " + e.getMessage());
      return fallback;
    }
  }

  void forget(RunDirectory run) {
    seen.keySet().removeIf(path -> path.startsWith(run.path()));
  }

  private Optional<Request> read(RunDirectory run, RequestKind kind) {
    Path file = run.request(kind);
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      Seen before = seen.get(file);
      if (before == null || !before.is(now)) {
        before = new Seen(now, decode(run, kind));
        seen.put(file, before);
      }
      return before.request;
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private Optional<Request> decode(RunDirectory run, RequestKind kind) {
    try {
      Optional<StateFile> state = StateFile.read(run.request(kind));
      return state.isEmpty()
          ? Optional.empty()
          : Optional.of(Request.decode(run.instance(), kind, state.get()));
    } catch (IOException e) {
      journal.note(
          JournalEvent.IGNORED, run.instance(), "", kind.fileName() + ": " + e.getMessage());
      return Optional.empty();
    }
  }

  private static Set<String> names(RunDirectory run) {
    String[] names = run.path().toFile().list();
    return names == null ? Set.of() : Set.of(names);
  }

  /** A file as it was when it was decoded; agents replace files, they do not change them. */
  private static final class Seen {
    private final BasicFileAttributes attributes;
    private final Optional<Request> request;

    Seen(BasicFileAttributes attributes, Optional<Request> request) {
      this.attributes = attributes;
      this.request = request;
    }

    boolean is(BasicFileAttributes now) {
      return attributes.lastModifiedTime().equals(now.lastModifiedTime())
          && attributes.size() == now.size()
          && String.valueOf(attributes.fileKey()).equals(String.valueOf(now.fileKey()));
    }
  }
}
