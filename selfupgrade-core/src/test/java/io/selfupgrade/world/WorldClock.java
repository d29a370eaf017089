package io.selfupgrade.world;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** The clock of an agent, which is wrong by the seconds that the world's file says. */
final class WorldClock extends Clock {

  private final Path file = Path.of(System.getenv("WORLD_CLOCK"));

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    throw new UnsupportedOperationException("agents ask for instants only");
  }

  @Override
  public Instant instant() {
    return Instant.now().plusSeconds(seconds());
  }

  private long seconds() {
    try {
      return Long.parseLong(Files.readString(file));
    } catch (NoSuchFileException e) {
      return 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
