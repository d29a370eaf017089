package io.selfupgrade.core.release;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.launcher.Disk;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.ReleaseFile;
import io.selfupgrade.upgrade.ReleaseSource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the files of one release from a source to the disk, under limits, and checks what was read.
 *
 * <p>A watchdog closes the stream when a limit of time is broken, so that a read that blocks ends.
 */
final class Download implements AutoCloseable {

  private static final String SOURCE = "ReleaseSource";
  private static final int BUFFER_BYTES = 1 << 16;
  private static final long PROGRESS_BYTES = 1 << 20;
  private static final long PROGRESS_NANOS = Duration.ofMillis(250).toNanos();
  private static final long WATCH_MILLIS = 250;

  private final ReleaseSource source;
  private final Release release;
  private final PullProgress progress;
  private final LongSupplier nanoTime;
  private final Disk disk;
  private final Pace pace;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private final ScheduledExecutorService watchdog;
  private final ScheduledFuture<?> watch;
  private volatile @Nullable InputStream open;
  private long toldBytes;
  private long toldNanos;

  Download(
      ReleaseSource source,
      Release release,
      PullLimits limits,
      PullProgress progress,
      LongSupplier nanoTime,
      Disk disk) {
    this.source = source;
    this.release = release;
    this.progress = progress;
    this.nanoTime = nanoTime;
    this.disk = disk;
    this.pace = new Pace(limits, nanoTime);
    this.toldNanos = nanoTime.getAsLong();
    this.watchdog = Executors.newSingleThreadScheduledExecutor(Download::daemon);
    this.watch =
        watchdog.scheduleWithFixedDelay(
            this::closeIfTooSlow, WATCH_MILLIS, WATCH_MILLIS, TimeUnit.MILLISECONDS);
  }

  /**
   * Reads one file into a new file and makes it durable.
   *
   * @throws RefusalException {@link ReasonCode#DIGEST_MISMATCH}
   * @throws AdapterException if the source is in trouble or too slow
   * @throws IOException if the disk is in trouble
   */
  void fetch(ReleaseFile file, Path target) throws RefusalException, IOException {
    requirePace(file);
    pace.fileBegins();
    try (InputStream in = open(file)) {
      open = in;
      disk.create(target, new byte[0]);
      copy(in, file, target);
      disk.force(target);
    } finally {
      open = null;
    }
    tell(true);
  }

  @Override
  public void close() {
    watch.cancel(true);
    watchdog.shutdownNow();
  }

  private void copy(InputStream in, ReleaseFile file, Path target)
      throws RefusalException, IOException {
    Sha256 sha256 = new Sha256();
    long done = 0;
    for (int n = read(in, file, done); n >= 0; n = read(in, file, done)) {
      done += n;
      if (done > file.length()) {
        throw mismatch(file, "more than " + file.length() + " bytes");
      }
      sha256.update(buffer, n);
      if (n > 0) {
        disk.append(target, Arrays.copyOf(buffer, n));
      }
      tell(false);
    }
    if (done != file.length()) {
      throw mismatch(file, done + " bytes");
    }
    String seen = sha256.hex();
    if (!seen.equals(file.sha256())) {
      throw mismatch(file, "SHA-256 " + seen);
    }
  }

  private InputStream open(ReleaseFile file) {
    try {
      return source.open(release.version(), file.path());
    } catch (IOException e) {
      throw trouble(file, e.toString(), e);
    }
  }

  /** Asks for one byte more than should be left, never for more: an endless stream ends here. */
  private int read(InputStream in, ReleaseFile file, long done) {
    int wanted = (int) Math.min(buffer.length, file.length() - done + 1);
    int n;
    try {
      n = in.read(buffer, 0, wanted);
    } catch (IOException e) {
      throw trouble(file, pace.broken().orElse(e.toString()), e);
    }
    pace.received(Math.max(0, n));
    if (n >= 0) {
      requirePace(file);
    }
    return n;
  }

  private void requirePace(ReleaseFile file) {
    Optional<String> broken = pace.broken();
    if (broken.isPresent()) {
      throw trouble(file, broken.get(), null);
    }
  }

  private void tell(boolean now) {
    long bytes = pace.receivedBytes();
    long nanos = nanoTime.getAsLong();
    if (now || bytes - toldBytes >= PROGRESS_BYTES || nanos - toldNanos >= PROGRESS_NANOS) {
      toldBytes = bytes;
      toldNanos = nanos;
      progress.received(bytes, release.totalBytes());
    }
  }

  private void closeIfTooSlow() {
    InputStream in = open;
    if (in != null && pace.broken().isPresent()) {
      try {
        in.close();
      } catch (IOException ignored) {
        // The reader meets the broken limit itself as soon as its read returns.
      }
    }
  }

  private RefusalException mismatch(ReleaseFile file, String seen) {
    return new RefusalException(
        ReasonCode.DIGEST_MISMATCH,
        describe(file)
            + " has "
            + seen
            + ", the signed manifest says "
            + file.length()
            + " bytes with SHA-256 "
            + file.sha256()
            + ": publish the files again, exactly as they were signed");
  }

  private AdapterException trouble(ReleaseFile file, String seen, @Nullable IOException cause) {
    return new AdapterException(SOURCE, describe(file) + " cannot be read: " + seen, true, cause);
  }

  private String describe(ReleaseFile file) {
    return file.path() + " of " + release.version() + " from " + source.describe();
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "selfupgrade-pull-watchdog");
    thread.setDaemon(true);
    return thread;
  }
}
