package io.selfupgrade.core.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.selfupgrade.upgrade.Archive;
import io.selfupgrade.upgrade.ReasonCode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Changes good and hostile archives at random: each is taken right or refused, nothing else. */
class ArchiveFuzzTest {

  private static final Duration BUDGET =
      System.getProperty("long") == null ? Duration.ofSeconds(6) : Duration.ofMinutes(10);
  private static final long MAX_BYTES = 1 << 18;
  private static final int MAX_BASE_BYTES = 1 << 16;
  private static final String[] PIECES = {
    "../",
    "/",
    "..",
    "\\",
    "\0",
    "PK\1\2",
    "PK\3\4",
    "PK\5\6",
    "ustar",
    "a",
    "A",
    "NUL",
    "path=../e"
  };

  @TempDir private Path root;
  private final Map<String, Integer> ends = new TreeMap<>();

  @Test
  @Timeout(value = 20, unit = TimeUnit.MINUTES)
  void noArchiveEscapesOrGrows() throws Exception {
    long seed = Long.getLong("selfupgrade.seed", System.nanoTime());
    System.out.println("ArchiveFuzzTest: -Dselfupgrade.seed=" + seed);
    Random random = new Random(seed);
    Around around = new Around(root);
    List<Base> bases = bases();
    long end = System.nanoTime() + BUDGET.toNanos();
    int count = 0;
    for (; System.nanoTime() < end; count++) {
      Base base = bases.get(random.nextInt(bases.size()));
      byte[] mutated = base.mutated(random);
      try {
        ends.merge(outcome(around, base.format, mutated), 1, Integer::sum);
      } catch (IOException | RuntimeException | AssertionError e) {
        fail("mutation " + count + " of " + base.name + ": " + encoded(mutated), e);
      }
    }
    System.out.println(
        "ArchiveFuzzTest: " + count + " archives, " + bases.size() + " bases: " + ends);
    assertThat(ends.keySet()).contains("taken").hasSizeGreaterThan(2);
  }

  private static String outcome(Around around, Archive.Format format, byte[] bytes)
      throws IOException {
    try {
      Unpacking unpacked = around.unpack(bytes, format, MAX_BYTES);
      for (UnpackedFile each : unpacked.files()) {
        assertThat(around.target.resolve(each.path()))
            .hasSize(each.length())
            .hasDigest("SHA-256", each.sha256());
      }
      return "taken";
    } catch (ArchiveException e) {
      assertThat(e.seen()).matches("[ -~]+");
      assertThat(e.code())
          .isIn(ReasonCode.ARCHIVE_INVALID, ReasonCode.ARCHIVE_UNSAFE, ReasonCode.TOO_LARGE);
      return e.code().toString();
    }
  }

  private static List<Base> bases() throws IOException {
    List<Base> bases = new ArrayList<>();
    for (Hostile hostile : HostileArchiveTest.hostile().toList()) {
      if (hostile.bytes.length > 30 && hostile.bytes.length < MAX_BASE_BYTES) {
        bases.add(new Base(hostile.toString(), hostile.format, hostile.bytes, unpacked(hostile)));
      }
    }
    byte[] text = "some text ".repeat(99).getBytes(StandardCharsets.UTF_8);
    byte[] zip =
        new RawZip()
            .stored("folder/", "", e -> e.unixMode(0040755))
            .stored("folder/a", "content", e -> e.unixMode(0104755))
            .deflated("folder/b", text, e -> e.later(true))
            .deflated("c", text, e -> e.later(false))
            .bytes();
    byte[] tar =
        new RawTar()
            .folder("./folder/")
            .file("./folder/a")
            .pax('x', "mtime=1.5", "path=folder/b")
            .file("b")
            .entry("L", 'L', "folder/long\0", h -> {})
            .file("c")
            .end()
            .bytes();
    for (int i = 0; i < 20; i++) {
      bases.add(new Base("good zip", Archive.Format.ZIP, zip, new byte[0]));
      bases.add(new Base("good tar", Archive.Format.TAR_GZ, RawTar.gzip(tar), tar));
    }
    return bases;
  }

  /** The tar itself, so that changes reach it and not the checksum of the gzip stream only. */
  private static byte[] unpacked(Hostile hostile) {
    if (hostile.format == Archive.Format.TAR_GZ) {
      try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(hostile.bytes))) {
        byte[] tar = in.readNBytes(MAX_BASE_BYTES);
        return tar.length < MAX_BASE_BYTES ? tar : new byte[0];
      } catch (IOException ignored) {
        // One that is no gzip stream is changed as it is.
      }
    }
    return new byte[0];
  }

  private String encoded(byte[] bytes) throws IOException {
    Path kept = Files.createTempFile("selfupgrade-fuzz", ".bin");
    Files.write(kept, bytes);
    return kept + " " + Base64.getEncoder().encodeToString(Arrays.copyOf(bytes, 2000));
  }

  private static final class Base {

    private final String name;
    private final Archive.Format format;
    private final byte[] bytes;
    private final byte[] tar;

    Base(String name, Archive.Format format, byte[] bytes, byte[] tar) {
      this.name = name;
      this.format = format;
      this.bytes = bytes;
      this.tar = tar;
    }

    byte[] mutated(Random random) {
      boolean inside = tar.length > 0 && random.nextInt(8) > 0;
      byte[] mutated = (inside ? tar : bytes).clone();
      for (int i = random.nextInt(4); i >= 0; i--) {
        mutated = mutate(mutated, random);
      }
      if (inside && random.nextInt(4) > 0) {
        repairSums(mutated);
      }
      return inside ? RawTar.gzip(mutated) : mutated;
    }

    private static byte[] mutate(byte[] valid, Random random) {
      if (valid.length == 0) {
        return valid;
      }
      int at = random.nextInt(valid.length);
      byte[] mutated = valid.clone();
      switch (random.nextInt(8)) {
        case 0 -> mutated[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> mutated[at] = (byte) random.nextInt(256);
        case 2 -> Arrays.fill(mutated, at, Math.min(mutated.length, at + 4), (byte) -1);
        case 3 -> mutated = Arrays.copyOf(valid, at);
        case 4 -> mutated = Arrays.copyOf(valid, valid.length + random.nextInt(1024));
        case 5 -> RawTar.put(mutated, at, PIECES[random.nextInt(PIECES.length)]);
        case 6 -> move(mutated, random, at);
        default -> mutated[at] = 0;
      }
      return mutated;
    }

    private static void move(byte[] bytes, Random random, int to) {
      int length = 1 + random.nextInt(Math.min(bytes.length - to, RawTar.BLOCK));
      int from = random.nextInt(bytes.length - length + 1);
      System.arraycopy(bytes, from, bytes, to, length);
    }

    private static void repairSums(byte[] tar) {
      for (int at = 0; at + RawTar.BLOCK <= tar.length; at += RawTar.BLOCK) {
        if (new String(tar, at + 257, 5, StandardCharsets.ISO_8859_1).equals("ustar")) {
          byte[] header = Arrays.copyOfRange(tar, at, at + RawTar.BLOCK);
          RawTar.sum(header);
          System.arraycopy(header, 0, tar, at, RawTar.BLOCK);
        }
      }
    }
  }
}
