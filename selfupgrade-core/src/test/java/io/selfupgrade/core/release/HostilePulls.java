package io.selfupgrade.core.release;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.core.local.DirectoryReleases;
import io.selfupgrade.launcher.Home;
import io.selfupgrade.launcher.UnforcedDisk;
import io.selfupgrade.upgrade.Archive;
import io.selfupgrade.upgrade.Launch;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.ReleaseFile;
import io.selfupgrade.upgrade.SignedDocument;
import io.selfupgrade.upgrade.StateVersions;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** A program that pulls from hostile sources, one after another, with a small heap. */
final class HostilePulls {

  private static final long LARGE_BYTES = 64L << 20;
  private static final String NONE = "a".repeat(64);

  private final Home home;
  private final Path releases;
  private final AtomicLong nanos = new AtomicLong();

  private HostilePulls(Path root) {
    this.home = Home.at(root.resolve("home"), new UnforcedDisk());
    this.releases = root.resolve("releases");
  }

  public static void main(String[] args) throws Exception {
    HostilePulls pulls = new HostilePulls(Path.of(args[0]));
    ReleaseFile large = new ReleaseFile("bot.jar", LARGE_BYTES, NONE);
    ReleaseFile small = new ReleaseFile("bot.jar", 9, NONE);
    pulls.attack("endless", large, path -> new Endless(Long.MAX_VALUE));
    pulls.attack("endless after 9 bytes", small, path -> new Endless(Long.MAX_VALUE));
    pulls.attack("one byte more", large, path -> new Endless(LARGE_BYTES + 1));
    pulls.attack("truncated", large, path -> new Endless(LARGE_BYTES - 1));
    pulls.attack("empty", small, path -> InputStream.nullInputStream());
    pulls.attack("other bytes", large, path -> new Endless(LARGE_BYTES));
    pulls.attack("1 byte/s", large, path -> new Trickle(pulls.nanos, Duration.ofSeconds(1)));
    pulls.attack("1 byte in 40 s", small, path -> new Trickle(pulls.nanos, Duration.ofSeconds(40)));
    pulls.attack(
        "broken off",
        large,
        path -> {
          throw new IOException("connection reset");
        });
    pulls.swapped();
    pulls.resumedWrongly();
    pulls.bomb();
    pulls.largeDocument("release.json");
    pulls.largeDocument("release.json.sig");
  }

  /** A file of another build, as long as the one that the manifest names. */
  private void swapped() throws Exception {
    byte[] signed = new byte[1 << 20];
    byte[] other = signed.clone();
    other[other.length - 1] = 1;
    ReleaseFile file = new ReleaseFile("bot.jar", signed.length, Sha256.of(signed));
    attack("swapped after the manifest", file, path -> new ByteArrayInputStream(other));
  }

  /** A source that goes on where it broke off, as if it had been asked to. */
  private void resumedWrongly() throws Exception {
    byte[] content = new byte[1 << 20];
    content[0] = 1;
    AtomicInteger opened = new AtomicInteger();
    ReleaseFile file = new ReleaseFile("bot.jar", content.length, Sha256.of(content));
    HostileSource.Opening opening =
        path -> {
          int half = content.length / 2;
          return opened.getAndIncrement() == 0
              ? new Breaking(new ByteArrayInputStream(content, 0, half))
              : new ByteArrayInputStream(content, half, half);
        };
    attack("broken off half way", file, opening);
    attack("resumed wrongly", file, opening);
  }

  /** A zip as it is signed, of zeros: 64 MiB of them. */
  private void bomb() throws Exception {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(packed)) {
      zip.putNextEntry(new ZipEntry("zeros"));
      for (long i = 0; i < LARGE_BYTES >> 16; i++) {
        zip.write(new byte[1 << 16]);
      }
    }
    byte[] bytes = packed.toByteArray();
    Archive archive = new Archive(Archive.Format.ZIP, "zeros", 1, LARGE_BYTES);
    ReleaseFile file =
        new ReleaseFile("bot.jar", bytes.length, Sha256.of(bytes), Optional.of(archive));
    attack("bomb", file, path -> new ByteArrayInputStream(bytes));
  }

  /** A document that fills the disk of a publisher, and no memory of ours. */
  private void largeDocument(String name) throws Exception {
    Path folder = Files.createDirectories(releases.resolve(Bundle.VERSION.toString()));
    Files.writeString(folder.resolve("release.json"), "{}");
    try (RandomAccessFile file = new RandomAccessFile(folder.resolve(name).toFile(), "rw")) {
      file.setLength(1L << 32);
    }
    String end;
    try {
      DirectoryReleases.in(releases).manifest(Bundle.VERSION, ManifestCodec.MAX_BYTES);
      end = "ACCEPTED";
    } catch (IOException e) {
      end = "larger than the limit";
      if (!String.valueOf(e.getMessage()).contains(end)) {
        throw e;
      }
    }
    System.out.println("4 GiB of " + name + ": " + end);
    Files.delete(folder.resolve(name));
  }

  private void attack(String name, ReleaseFile file, HostileSource.Opening opening)
      throws Exception {
    Staging staging = new Staging(home, PullLimits.DEFAULT, nanos::get);
    String end;
    try {
      staging.pull(new UUID(1, 1), release(file), new HostileSource(opening), PullProgress.none());
      end = "ACCEPTED";
    } catch (RefusalException e) {
      end = e.reason().code().toString();
    } catch (AdapterException e) {
      end = e.port() + (e.retryable() ? " retryable" : "");
    }
    try (Stream<Path> left = Files.list(home.staging())) {
      System.out.println(name + ": " + end + ", left " + left.count());
    }
    System.out.println("peak MiB: " + (peakBytes() >> 20));
  }

  private static long peakBytes() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .map(MemoryPoolMXBean::getPeakUsage)
        .mapToLong(usage -> usage.getUsed())
        .sum();
  }

  private static VerifiedRelease release(ReleaseFile file) {
    Release release =
        new Release(
            new Release.Id(Bundle.AGENT, Bundle.VERSION, NONE, Bundle.NOW, ""),
            Release.Terms.NONE,
            Launch.jar("bot.jar"),
            Optional.empty(),
            StateVersions.FIRST,
            1,
            List.of(file));
    return new VerifiedRelease(release, new SignedDocument(new byte[0], new byte[0]), Set.of());
  }

  private static class Endless extends InputStream {

    private long left;

    Endless(long bytes) {
      this.left = bytes;
    }

    @Override
    public int read() {
      return left-- > 0 ? 'x' : -1;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) {
      int n = (int) Math.min(length, left);
      left -= n;
      return n > 0 ? n : -1;
    }
  }

  private static final class Trickle extends Endless {

    private final AtomicLong nanos;
    private final Duration each;

    Trickle(AtomicLong nanos, Duration each) {
      super(Long.MAX_VALUE);
      this.nanos = nanos;
      this.each = each;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) {
      nanos.addAndGet(each.toNanos());
      return super.read(buffer, offset, 1);
    }
  }

  private static final class Breaking extends FilterInputStream {

    Breaking(InputStream in) {
      super(in);
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int n = super.read(buffer, offset, length);
      if (n < 0) {
        throw new IOException("connection reset");
      }
      return n;
    }
  }
}
