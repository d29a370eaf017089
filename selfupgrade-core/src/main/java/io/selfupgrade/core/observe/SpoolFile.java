package io.selfupgrade.core.observe;

import io.selfupgrade.observe.LogEvent;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One spool file, {@code NAME.spool}, and the lock {@code NAME.lock} that its owner holds for life.
 *
 * <p>The lock is a file of its own, so that the spool can be rewritten and renamed while it is
 * held. Its reader may be another thread than the one that writes.
 */
final class SpoolFile implements AutoCloseable {

  static final String SUFFIX = ".spool";

  private final Path file;
  private final Path lock;
  private final FileChannel locked;
  private volatile long length;

  private SpoolFile(Path file, Path lock, FileChannel locked) {
    this.file = file;
    this.lock = lock;
    this.locked = locked;
  }

  /**
   * Takes the file of that name, if nobody else has it; cuts a torn tail off.
   *
   * @throws IOException if the directory cannot be used
   */
  static Optional<SpoolFile> take(Path directory, String name) throws IOException {
    Path lock = directory.resolve(name + ".lock");
    FileChannel channel =
        FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (!tryLock(channel)) {
        channel.close();
        return Optional.empty();
      }
      SpoolFile spool = new SpoolFile(directory.resolve(name + SUFFIX), lock, channel);
      spool.cutTail();
      return Optional.of(spool);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** Returns the length of the file; 0 if there is none. */
  long length() {
    return length;
  }

  /** Adds events at the end; they survive this process once this returns. All of them or none. */
  void append(List<LogEvent> events) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      try {
        channel.truncate(length).position(length);
        long end = length;
        if (length == 0) {
          end += write(channel, LogFrames.MAGIC);
        }
        for (LogEvent event : events) {
          end += write(channel, LogFrames.frame(event));
        }
        channel.force(false);
        length = end;
      } catch (IOException e) {
        cutBack(channel, e);
        throw e;
      }
    }
  }

  /** Reads all events, oldest first, in batches. */
  void read(int most, Reader reader) throws IOException {
    if (length == 0) {
      return;
    }
    try (DataInputStream in = open()) {
      List<LogEvent> batch = new ArrayList<>();
      for (Optional<LogFrames.Frame> frame = LogFrames.next(in);
          frame.isPresent();
          frame = LogFrames.next(in)) {
        batch.add(frame.get().event());
        if (batch.size() >= most) {
          reader.take(batch);
          batch = new ArrayList<>();
        }
      }
      if (!batch.isEmpty()) {
        reader.take(batch);
      }
    }
  }

  /**
   * Rewrites the file without its oldest events, debug and info first, until it is that long.
   *
   * @return how many events went
   */
  int shrinkTo(long target) throws IOException {
    long[] excess = {length - target};
    long minorBytes = 0;
    try (DataInputStream in = open()) {
      for (Optional<LogFrames.Frame> frame = LogFrames.next(in);
          frame.isPresent();
          frame = LogFrames.next(in)) {
        minorBytes += frame.get().event().level().isMinor() ? frame.get().length() : 0;
      }
    }
    long majorExcess = Math.max(0, excess[0] - minorBytes);
    Path shorter = file.resolveSibling(file.getFileName() + ".new");
    int gone = 0;
    long end;
    try (DataInputStream in = open();
        FileChannel out =
            FileChannel.open(
                shorter,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)) {
      long minorExcess = excess[0];
      end = write(out, LogFrames.MAGIC);
      for (Optional<LogFrames.Frame> frame = LogFrames.next(in);
          frame.isPresent();
          frame = LogFrames.next(in)) {
        boolean minor = frame.get().event().level().isMinor();
        if ((minor ? minorExcess : majorExcess) > 0) {
          minorExcess -= minor ? frame.get().length() : 0;
          majorExcess -= minor ? 0 : frame.get().length();
          gone++;
        } else {
          end += write(out, LogFrames.frame(frame.get().event()));
        }
      }
      out.force(false);
    }
    move(shorter, file);
    length = end;
    return gone;
  }

  /** Empties the file, and keeps it and its lock. */
  void clear() throws IOException {
    Files.deleteIfExists(file);
    length = 0;
  }

  /** Gives the file up under a name that anybody may take; deletes it if it is empty. */
  void leave(String name) throws IOException {
    if (length == 0) {
      Files.deleteIfExists(file);
    } else {
      move(file, file.resolveSibling(name + SUFFIX));
    }
    Files.deleteIfExists(lock);
    close();
  }

  /** Releases the lock. Idempotent. */
  @Override
  public void close() throws IOException {
    locked.close();
  }

  @Override
  public String toString() {
    return file.toString();
  }

  /** Finds how much of the file is whole, and cuts the rest off. */
  private void cutTail() throws IOException {
    if (!Files.exists(file)) {
      return;
    }
    long whole = 0;
    try (InputStream raw = Files.newInputStream(file);
        DataInputStream in = new DataInputStream(new BufferedInputStream(raw))) {
      if (Arrays.equals(in.readNBytes(LogFrames.MAGIC.length), LogFrames.MAGIC)) {
        whole = LogFrames.MAGIC.length;
        for (Optional<LogFrames.Frame> frame = LogFrames.next(in);
            frame.isPresent();
            frame = LogFrames.next(in)) {
          whole += frame.get().length();
        }
      }
    }
    long all = Files.size(file);
    if (whole < all) {
      LogWriter.LOG.warn(
          "{} was cut off after {} of {} bytes: the rest is no whole event", file, whole, all);
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(whole).force(false);
      }
    }
    length = whole;
  }

  private DataInputStream open() throws IOException {
    DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16));
    in.skipNBytes(LogFrames.MAGIC.length);
    return in;
  }

  private void cutBack(FileChannel channel, IOException failure) {
    try {
      channel.truncate(length);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  private static int write(FileChannel channel, byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
    return bytes.length;
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  /** Takes a batch of events. */
  @FunctionalInterface
  interface Reader {
    /** A file begins, from its first event. */
    default void begin() {}

    /** Takes it. */
    void take(List<LogEvent> events);

    /** All that was taken since {@link #begin} will not come again. */
    default void forgotten() {}
  }
}
