package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.launcher.StateFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;

/**
 * What was seen of signed indexes: the highest serial of each channel, and the latest time.
 *
 * <p>Kept in a file of the home directory, so that neither a restart nor a clock that was set back
 * makes an old index acceptable; without a home it is kept in memory only.
 */
final class Seen {

  private final Optional<Path> file;
  private final Clock clock;
  private StateFile state = StateFile.empty();
  private boolean read;

  Seen(Optional<Path> file, Clock clock) {
    this.file = file;
    this.clock = clock;
  }

  /** Returns the later of the clock and the last time that was seen. */
  synchronized Instant now() {
    Instant last = Instant.ofEpochMilli(number("lastMillis"));
    Instant now = clock.instant();
    return now.isAfter(last) ? now : last;
  }

  synchronized long serial(String channel) {
    return number("serial." + channel);
  }

  synchronized void saw(String channel, long serial) {
    StateFile next =
        state.with("serial." + channel, serial).with("lastMillis", now().toEpochMilli());
    if (serial != serial(channel)) {
      write(next);
    }
    state = next;
  }

  private long number(String key) {
    try {
      if (!read && file.isPresent()) {
        state = StateFile.read(file.get()).orElse(StateFile.empty());
      }
      read = true;
      return state.number(key, 0);
    } catch (IOException e) {
      throw trouble("read", e);
    }
  }

  private void write(StateFile next) {
    if (file.isPresent()) {
      try {
        next.write(file.get());
      } catch (IOException e) {
        throw trouble("written", e);
      }
    }
  }

  private AdapterException trouble(String verb, IOException cause) {
    return new AdapterException(
        "Home", file.orElseThrow() + " cannot be " + verb + ": " + cause.getMessage(), true, cause);
  }
}
