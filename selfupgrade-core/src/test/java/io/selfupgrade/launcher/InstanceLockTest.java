package io.selfupgrade.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstanceLockTest {
  @TempDir Path directory;

  @Test
  void isHeldUntilItIsClosed() throws IOException {
    RunDirectory run = Home.at(directory).run(UUID.randomUUID());

    try (InstanceLock lock = InstanceLock.take(run)) {
      assertThat(lock).isNotNull();
      assertThat(InstanceLock.tryTake(run)).isEmpty();
    }

    try (InstanceLock lock = InstanceLock.tryTake(run).orElseThrow()) {
      assertThat(lock).isNotNull();
    }
  }

  @Test
  void anInstanceThatWasDeclaredDeadCannotTakeIt() throws IOException {
    RunDirectory run = Home.at(directory).run(UUID.randomUUID());
    InstanceLock.take(run).close();
    new Reaped(Instant.EPOCH, "", Reaped.Cause.UNWATCHED, 1).toState().write(run.reaped());

    assertThatThrownBy(() -> InstanceLock.take(run))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("came up too late and must end");
    assertThat(InstanceLock.tryTake(run)).isPresent().get().satisfies(InstanceLock::close);
  }

  @Test
  void attestationsAreReadBack() throws IOException {
    RunDirectory run = Home.at(directory).run(UUID.randomUUID());
    InstanceLock.take(run).close();
    assertThat(Reaped.read(run)).isEmpty();
    Reaped reaped = new Reaped(Instant.ofEpochMilli(5), "137", Reaped.Cause.EXITED, 3);

    reaped.toState().write(run.reaped());

    assertThat(Reaped.read(run)).contains(reaped);
    assertThat(reaped.exitCode()).hasValue(137);
    assertThat(new Reaped(Instant.EPOCH, "", Reaped.Cause.REBOOTED, 1).exitCode()).isEmpty();
  }
}
