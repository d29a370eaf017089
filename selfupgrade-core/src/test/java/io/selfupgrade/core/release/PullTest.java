package io.selfupgrade.core.release;

import static io.selfupgrade.core.release.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.launcher.Home;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.ReleaseSource;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a source can do to a pull, and what comes of it. */
class PullTest {

  private static final UUID UPGRADE = new UUID(7, 7);
  private static final long ENOUGH_READS = 1_000_000;

  @TempDir private Path root;
  private Bundle bundle;
  private Home home;
  private Staging staging;

  @BeforeEach
  void makeARelease() throws Exception {
    bundle = Bundle.in(root);
    home = Home.at(root.resolve("home"));
    staging = new Staging(home, PullLimits.DEFAULT);
  }

  @Test
  void progressEndsAtAllBytes() throws Exception {
    List<Long> seen = new ArrayList<>();

    staging.pull(
        UPGRADE,
        bundle.verified(),
        bundle.source(),
        (done, total) -> {
          assertThat(total).isEqualTo(20);
          seen.add(done);
        });

    assertThat(seen).isSorted().endsWith(20L);
  }

  @Test
  void aFileThatIsNotThereIsTroubleOfTheSource() throws Exception {
    Files.delete(bundle.release.resolve("data/model.txt"));

    assertTrouble(this::pull, "ReleaseSource", "data/model.txt");
    assertThat(home.staging()).isEmptyDirectory();
  }

  @Test
  void aShorterALongerAndAChangedFileAreRefused() throws Exception {
    Path jar = bundle.release.resolve("bot.jar");
    Files.writeString(jar, "jar firs");
    assertRefused(this::pull, ReasonCode.DIGEST_MISMATCH, "has 8 bytes");

    Files.writeString(jar, "jar first!");
    assertRefused(this::pull, ReasonCode.DIGEST_MISMATCH, "more than 9 bytes");

    Files.writeString(jar, "jar First");
    assertRefused(this::pull, ReasonCode.DIGEST_MISMATCH, "has SHA-256");
    assertThat(home.staging()).isEmptyDirectory();
  }

  @Test
  void anEndlessStreamIsReadOneByteTooFarAndNoFurther() {
    AtomicLong served = new AtomicLong();
    ReleaseSource endless =
        new HostileSource(
            path ->
                new InputStream() {
                  @Override
                  public int read() {
                    served.incrementAndGet();
                    return 'x';
                  }

                  @Override
                  public int read(byte[] buffer, int offset, int length) {
                    served.addAndGet(length);
                    return length;
                  }
                });

    assertRefused(
        () -> staging.pull(UPGRADE, bundle.verified(), endless, PullProgress.none()),
        ReasonCode.DIGEST_MISMATCH,
        "more than 9 bytes");
    assertThat(served).hasValue(10);
  }

  @Test
  void aSlowStreamIsGivenUpAfterTheWindow() {
    AtomicLong nanos = new AtomicLong();
    Duration perByte = Duration.ofSeconds(4);
    Staging slow = new Staging(home, PullLimits.DEFAULT, nanos::get);
    ReleaseSource trickle =
        new HostileSource(
            path ->
                new InputStream() {
                  @Override
                  public int read() {
                    nanos.addAndGet(perByte.toNanos());
                    return 'x';
                  }

                  @Override
                  public int read(byte[] buffer, int offset, int length) {
                    buffer[offset] = (byte) read();
                    return 1;
                  }
                });

    assertTrouble(
        () -> slow.pull(UPGRADE, bundle.verified(), trickle, PullProgress.none()),
        "ReleaseSource",
        "expected at least 30720");
    assertThat(Duration.ofNanos(nanos.get()))
        .isBetween(Duration.ofSeconds(30), Duration.ofSeconds(35));
  }

  @Test
  void aPullThatTakesTooLongInAllIsGivenUp() {
    AtomicLong nanos = new AtomicLong();
    PullLimits limits = new PullLimits(Duration.ofSeconds(5), Duration.ofDays(1), 1, 1 << 20);
    Staging slow = new Staging(home, limits, nanos::get);
    ReleaseSource late =
        new HostileSource(
            path -> {
              nanos.addAndGet(Duration.ofSeconds(6).toNanos());
              return new ByteArrayInputStream(new byte[9]);
            });

    assertTrouble(
        () -> slow.pull(UPGRADE, bundle.verified(), late, PullProgress.none()),
        "ReleaseSource",
        "longer than PT5S");
  }

  @Test
  @Timeout(20)
  void aReadThatBlocksIsEndedByTheWatchdog() {
    PullLimits limits = new PullLimits(Duration.ofMillis(300), Duration.ofSeconds(30), 1, 1 << 20);
    Staging impatient = new Staging(home, limits);
    CountDownLatch closed = new CountDownLatch(1);
    ReleaseSource stuck =
        new HostileSource(
            path ->
                new InputStream() {
                  @Override
                  public int read() throws IOException {
                    try {
                      closed.await();
                    } catch (InterruptedException e) {
                      Thread.currentThread().interrupt();
                    }
                    throw new IOException("closed");
                  }

                  @Override
                  public int read(byte[] buffer, int offset, int length) throws IOException {
                    return read();
                  }

                  @Override
                  public void close() {
                    closed.countDown();
                  }
                });

    assertTrouble(
        () -> impatient.pull(UPGRADE, bundle.verified(), stuck, PullProgress.none()),
        "ReleaseSource",
        "longer than PT0.3S");
  }

  @Test
  void aStreamThatReturnsNothingForeverIsGivenUp() {
    PullLimits limits = new PullLimits(Duration.ofMillis(300), Duration.ofSeconds(30), 1, 1 << 20);
    AtomicLong reads = new AtomicLong();
    ReleaseSource empty =
        new HostileSource(
            path ->
                new InputStream() {
                  @Override
                  public int read() {
                    return 'x';
                  }

                  @Override
                  public int read(byte[] buffer, int offset, int length) {
                    reads.incrementAndGet();
                    return 0;
                  }
                });
    AtomicLong nanos = new AtomicLong();

    assertTrouble(
        () ->
            new Staging(home, limits, () -> nanos.addAndGet(1_000_000))
                .pull(UPGRADE, bundle.verified(), empty, PullProgress.none()),
        "ReleaseSource",
        "longer than");
    assertThat(reads.get()).isLessThan(ENOUGH_READS);
  }

  private Path pull() throws RefusalException, IOException {
    return staging.pull(UPGRADE, bundle.verified(), bundle.source(), PullProgress.none());
  }

  private static void assertTrouble(ThrowingCallable call, String port, String message) {
    AdapterException trouble = catchThrowableOfType(AdapterException.class, call);
    assertThat(trouble).isNotNull();
    assertThat(trouble.port()).isEqualTo(port);
    assertThat(trouble.retryable()).isTrue();
    assertThat(trouble).hasMessageContaining(message);
  }
}
