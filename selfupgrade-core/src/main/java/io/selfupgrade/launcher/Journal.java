package io.selfupgrade.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * The launcher's journal: append-only, each entry checksummed and on disk before the next effect.
 *
 * <p>At 4 MiB the file is renamed to {@code launcher.log.1}, replacing the older one; entries keep
 * counting. Agents read it with {@link #read} and copy what is new to them.
 */
public final class Journal {
  private static final long MAX_BYTES = 4 << 20;

  private final Disk disk;
  private final Path file;
  private final Clock clock;
  private final PrintStream err;
  private boolean ready;
  private long nextSequence;
  private boolean failing;

  private Journal(Home home, Clock clock, PrintStream err) {
    this.disk = home.disk();
    this.file = home.journal();
    this.clock = clock;
    this.err = err;
  }

  /**
   * Reads the entries after {@code sequence}, oldest first; a torn or damaged line is left out.
   *
   * <p>Safe while the launcher writes. Pass 0 for all that is kept.
   *
   * @throws IOException if a file of the journal cannot be read
   */
  public static List<JournalEntry> read(Home home, long sequence) throws IOException {
    List<JournalEntry> entries = new ArrayList<>();
    // The current file first: a rename in between then doubles entries instead of losing them.
    List<JournalEntry> latest = entriesOf(home.journal(), sequence);
    List<JournalEntry> older = entriesOf(rotated(home.journal()), sequence);
    long last = sequence;
    for (List<JournalEntry> part : List.of(older, latest)) {
      for (JournalEntry entry : part) {
        if (entry.sequence() > last) {
          entries.add(entry);
          last = entry.sequence();
        }
      }
    }
    return entries;
  }

  /** Opens the journal for its only writer; cuts a torn tail. */
  static Journal open(Home home, Clock clock, PrintStream err) throws IOException {
    Journal journal = new Journal(home, clock, err);
    List<JournalEntry> entries = read(home, 0);
    journal.nextSequence = entries.isEmpty() ? 1 : entries.get(entries.size() - 1).sequence() + 1;
    journal.prepare();
    return journal;
  }

  /** Returns the sequence that the next entry gets. */
  synchronized long nextSequence() {
    return nextSequence;
  }

  /** Appends an entry about no instance in particular. */
  void note(JournalEvent event, String version, String detail) {
    append(event, "", version, "", detail);
  }

  /** Appends an entry about an instance. */
  void note(JournalEvent event, UUID instance, String version, String detail) {
    append(event, instance.toString(), version, "", detail);
  }

  /** Appends an entry about an upgrade's candidate. */
  void note(JournalEvent event, Candidate candidate, String detail) {
    append(
        event, candidate.instance(), candidate.version(), candidate.upgrade().toString(), detail);
  }

  /** Appends an entry about a request. */
  void note(JournalEvent event, Request request) {
    append(
        event,
        request.from().toString(),
        request.version(),
        request.upgrade().toString(),
        request.kind().fileName() + ", epoch " + request.epoch());
  }

  /** A journal that cannot be written must not keep the agent from running: it is said once. */
  private synchronized void append(
      JournalEvent event, String instance, String version, String upgrade, String detail) {
    JournalEntry entry =
        new JournalEntry(
            nextSequence, clock.instant(), event.name(), instance, version, upgrade, detail);
    nextSequence++;
    try {
      if (!ready) {
        prepare();
      }
      if (Files.size(file) > MAX_BYTES) {
        rotate();
      }
      write(entry);
      failing = false;
    } catch (IOException e) {
      ready = false;
      if (!failing) {
        err.println("The journal " + file + " cannot be written, going on without: " + e);
      }
      failing = true;
    }
  }

  /** Writes the whole line or leaves nothing of it. */
  private void write(JournalEntry entry) throws IOException {
    long start = Files.size(file);
    try {
      disk.append(file, entry.encode().getBytes(StandardCharsets.UTF_8));
      disk.force(file);
    } catch (IOException e) {
      disk.truncate(file, start);
      throw e;
    }
  }

  private void rotate() throws IOException {
    ready = false;
    disk.rename(file, rotated(file));
    prepare();
  }

  /** The file is there, its name is on disk, and it ends with a whole line. */
  private void prepare() throws IOException {
    if (Files.notExists(file)) {
      disk.create(file, new byte[0]);
    }
    long whole = wholeLines(file);
    if (whole < Files.size(file)) {
      disk.truncate(file, whole);
    }
    disk.syncDirectory(file.toAbsolutePath().getParent());
    ready = true;
  }

  private static long wholeLines(Path file) throws IOException {
    byte[] content = content(file);
    int end = content.length;
    while (end > 0 && content[end - 1] != '\n') {
      end--;
    }
    return end;
  }

  private static List<JournalEntry> entriesOf(Path file, long after) throws IOException {
    List<JournalEntry> entries = new ArrayList<>();
    String[] lines = new String(content(file), StandardCharsets.UTF_8).split("\n", -1);
    // What follows the last line end is torn, however whole it looks: its writer will cut it.
    for (int i = 0; i < lines.length - 1; i++) {
      JournalEntry.decode(lines[i])
          .filter(entry -> entry.sequence() > after)
          .ifPresent(entries::add);
    }
    return entries;
  }

  private static byte[] content(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      // One entry may pass the limit, and a longer file is not ours.
      return in.readNBytes((int) MAX_BYTES * 2);
    } catch (NoSuchFileException e) {
      return new byte[0];
    }
  }

  private static Path rotated(Path file) {
    return file.resolveSibling(file.getFileName() + ".1");
  }
}
