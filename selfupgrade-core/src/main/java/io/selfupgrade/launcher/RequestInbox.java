package io.selfupgrade.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Reads what instances ask for, each file once; a bad one is said and left alone. */
final class RequestInbox {
  private static final List<RequestKind> ABOUT_UPGRADES =
      List.of(RequestKind.TRY, RequestKind.HANDED_OVER, RequestKind.CONFIRMED, RequestKind.DROPPED);

  /** Longer than the coarsest time stamp of a directory: two changes may share one. */
  private static final Duration COARSEST_STAMP = Duration.ofSeconds(2);

  private final Journal journal;
  private final Map<UUID, Look> looks = new HashMap<>();
  private final Map<Path, Decoded> decoded = new HashMap<>();

  RequestInbox(Journal journal) {
    this.journal = journal;
  }

  /**
   * What lies in a run directory.
   *
   * @param requests the requests about upgrades
   * @param restart whether the instance asks to be started again, and how
   * @param changed time stamp of the directory
   * @param sinceNanos when this time stamp was seen first
   */
  record Look(
      List<Request> requests,
      Optional<Situation.Restart> restart,
      FileTime changed,
      long sinceNanos) {
    boolean holds(FileTime now) {
      return changed.equals(now) && System.nanoTime() - sinceNanos > COARSEST_STAMP.toNanos();
    }
  }

  /** Looks into a run directory; cheap while nothing changes in it. */
  Look look(RunDirectory run) {
    FileTime changed = changed(run);
    Look before = looks.get(run.instance());
    if (before != null && before.holds(changed)) {
      return before;
    }
    boolean sameStamp = before != null && before.changed().equals(changed);
    long since = sameStamp ? before.sinceNanos() : System.nanoTime();
    Set<String> names = names(run);
    List<Request> requests = new ArrayList<>();
    for (RequestKind kind : ABOUT_UPGRADES) {
      if (names.contains(kind.fileName())) {
        read(run, kind).ifPresent(requests::add);
      }
    }
    Optional<Situation.Restart> restart =
        names.contains(RequestKind.RESTART.fileName()) ? restart(run) : Optional.empty();
    Look now = new Look(List.copyOf(requests), restart, changed, since);
    looks.put(run.instance(), now);
    return now;
  }

  /** Tells whether an instance has announced that it ends on purpose. */
  static boolean stopsOnPurpose(RunDirectory run) {
    return Files.exists(run.request(RequestKind.STOPPING));
  }

  /** Returns how long an instance says that it drains, if it says so and can be understood. */
  static Optional<Duration> drain(RunDirectory run) {
    try {
      Optional<StateFile> ready = StateFile.read(run.request(RequestKind.READY));
      return ready.isPresent() && ready.get().text("drainMillis").isPresent()
          ? Optional.of(Request.grace(ready.get().requireNumber("drainMillis")))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  void forget(RunDirectory run) {
    looks.remove(run.instance());
    decoded.keySet().removeIf(path -> path.startsWith(run.path()));
  }

  private Optional<Situation.Restart> restart(RunDirectory run) {
    try {
      Optional<StateFile> wish = StateFile.read(run.request(RequestKind.RESTART));
      if (wish.isEmpty() || wish.get().text("withdrawn").isPresent()) {
        return Optional.empty();
      }
      return Optional.of(
          new Situation.Restart(wish.get().text("relief").map(UUID::fromString), false));
    } catch (IOException | IllegalArgumentException e) {
      ignored(run, RequestKind.RESTART, e);
      return Optional.empty();
    }
  }

  private Optional<Request> read(RunDirectory run, RequestKind kind) {
    Path file = run.request(kind);
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      Decoded before = decoded.get(file);
      if (before == null || !before.isOf(now)) {
        before = new Decoded(now, decode(run, kind));
        decoded.put(file, before);
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
      ignored(run, kind, e);
      return Optional.empty();
    }
  }

  private void ignored(RunDirectory run, RequestKind kind, Exception why) {
    journal.note(
        JournalEvent.IGNORED, run.instance(), "", kind.fileName() + ": " + why.getMessage());
  }

  private static FileTime changed(RunDirectory run) {
    try {
      return Files.getLastModifiedTime(run.path());
    } catch (IOException e) {
      return FileTime.fromMillis(0);
    }
  }

  private static Set<String> names(RunDirectory run) {
    String[] names = run.path().toFile().list();
    return names == null ? Set.of() : Set.of(names);
  }

  /** A file as it was when it was decoded; agents replace files, they do not change them. */
  private static final class Decoded {
    private final BasicFileAttributes attributes;
    private final Optional<Request> request;

    Decoded(BasicFileAttributes attributes, Optional<Request> request) {
      this.attributes = attributes;
      this.request = request;
    }

    boolean isOf(BasicFileAttributes now) {
      return attributes.lastModifiedTime().equals(now.lastModifiedTime())
          && attributes.size() == now.size()
          && String.valueOf(attributes.fileKey()).equals(String.valueOf(now.fileKey()));
    }
  }
}
