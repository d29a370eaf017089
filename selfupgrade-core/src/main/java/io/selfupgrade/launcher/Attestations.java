package io.selfupgrade.launcher;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Attests deaths, remembers the last one of each line, and clears old run directories away. */
final class Attestations {
  private static final int KEPT = 20;

  private final Journal journal;
  private final Clock clock;
  private final Map<String, Death> lastOfLine = new HashMap<>();
  private final List<Death> deaths = new ArrayList<>();
  private final Map<RunDirectory, Reaped> unwritten = new LinkedHashMap<>();

  Attestations(Journal journal, Clock clock) {
    this.journal = journal;
    this.clock = clock;
  }

  private record Death(RunDirectory run, long sequence) {}

  /** Returns all run directories of instances. */
  static List<RunDirectory> runDirectories(Home home) throws IOException {
    List<RunDirectory> all = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(home.run(), Files::isDirectory)) {
      for (Path path : found) {
        instanceOf(path).ifPresent(instance -> all.add(home.run(instance)));
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return all;
  }

  /** Takes note of a death that an earlier launcher attested. */
  void recall(RunDirectory run, ChildRecord record, Reaped reaped) {
    remember(new Death(run, reaped.sequence()), record.line());
  }

  /** Attests a death; one that cannot be written down now is kept for {@link #writeLate}. */
  Reaped attest(RunDirectory run, ChildRecord record, String code, Reaped.Cause cause) {
    Reaped reaped = new Reaped(clock.instant(), code, cause, journal.nextSequence());
    String how = cause + (code.isEmpty() ? "" : ", exit code " + code);
    try {
      write(run, reaped);
    } catch (IOException e) {
      unwritten.put(run, reaped);
      how += "; not attested yet: " + e;
    }
    journal.note(JournalEvent.REAPED, run.instance(), record.version(), how);
    remember(new Death(run, reaped.sequence()), record.line());
    return reaped;
  }

  /** Attests what could not be attested when it was seen: a new primary may wait for it. */
  void writeLate() throws IOException {
    for (RunDirectory run : List.copyOf(unwritten.keySet())) {
      write(run, unwritten.get(run));
      unwritten.remove(run);
    }
  }

  /** Returns the last instance of a line that died. */
  Optional<UUID> last(String line) {
    return Optional.ofNullable(lastOfLine.get(line)).map(death -> death.run().instance());
  }

  /** Deletes the run directories of all but the newest dead. */
  void clearAway() {
    deaths.sort(Comparator.comparingLong(Death::sequence));
    while (deaths.size() > KEPT) {
      RunDirectory old = deaths.remove(0).run();
      unwritten.remove(old);
      try {
        delete(old);
      } catch (IOException e) {
        journal.note(JournalEvent.TROUBLE, "", "cannot delete " + old.path() + ": " + e);
      }
    }
  }

  private static void write(RunDirectory run, Reaped reaped) throws IOException {
    run.disk().createDirectories(run.path());
    reaped.toState().write(run.disk(), run.reaped());
  }

  private void remember(Death death, String line) {
    deaths.add(death);
    lastOfLine.merge(line, death, (a, b) -> a.sequence() > b.sequence() ? a : b);
  }

  private static Optional<UUID> instanceOf(Path directory) {
    String name = directory.getFileName().toString();
    try {
      return Optional.of(UUID.fromString(name)).filter(id -> id.toString().equals(name));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static void delete(RunDirectory run) throws IOException {
    Files.walkFileTree(
        run.path(),
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            run.disk().delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            run.disk().delete(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
