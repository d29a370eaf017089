package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.launcher.StateFile;
import io.selfupgrade.upgrade.PolicyStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What was seen of signed indexes: the highest serial of each channel, and the latest time.
 *
 * <p>Kept in a row and in a file of the home directory: neither a restart, nor a clock that was set
 * back, nor the loss of one of the two makes an old index acceptable. Without a home there is the
 * row only.
 */
final class Seen {

  private static final Duration WRITTEN_EVERY = Duration.ofMinutes(1);

  private final AgentName agent;
  private final PolicyStore rows;
  private final Optional<Path> file;
  private final Clock clock;
  private final Instant begun;
  private StateFile state = StateFile.empty();
  private Instant latest = Instant.EPOCH;

  Seen(AgentName agent, PolicyStore rows, Optional<Path> file, Clock clock) {
    this.agent = agent;
    this.rows = rows;
    this.file = file;
    this.clock = clock;
    this.begun = clock.instant();
  }

  /** Returns the latest of the clock, the store's clock and the last time that was written down. */
  synchronized Instant now() {
    Instant written = Instant.ofEpochMilli(number("lastMillis"));
    latest = later(later(clock.instant(), rows.now()), later(latest, written));
    if (latest.isAfter(written.plus(WRITTEN_EVERY))) {
      write(state.with("lastMillis", latest.toEpochMilli()));
    }
    return latest;
  }

  /** Returns the highest serial that was seen of a channel, here or by another instance. */
  synchronized long serial(String channel) {
    long row = rows.seen(agent, channel).map(PolicyStore.SeenIndex::serial).orElse(0L);
    return Math.max(number("serial." + channel), row);
  }

  /** Returns when a good index was seen last, on the store's clock. */
  Optional<Instant> lastGood(String channel) {
    return rows.seen(agent, channel).map(PolicyStore.SeenIndex::at);
  }

  /** Returns the time on the store's clock, which {@link #lastGood} is measured by. */
  Instant storeTime() {
    return rows.now();
  }

  /** Returns when this process began to look, on the store's clock. */
  Instant begun() {
    return rows.now().minus(Duration.between(begun, clock.instant()));
  }

  /** Notes a good look. */
  synchronized void saw(String channel, long serial) {
    if (serial > number("serial." + channel)) {
      write(state.with("serial." + channel, serial));
    }
    rows.saw(agent, channel, serial);
  }

  private static Instant later(Instant one, Instant other) {
    return one.isAfter(other) ? one : other;
  }

  /** Reads the file each time: the version beside this one writes it too. */
  private long number(String key) {
    try {
      if (file.isPresent()) {
        state = StateFile.read(file.get()).orElse(StateFile.empty());
      }
      return state.number(key, 0);
    } catch (IOException e) {
      throw trouble("read", e);
    }
  }

  private void write(StateFile next) {
    state = next;
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
