package io.selfupgrade.upgrade;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * What release sources keep between reads, shared by all agents of a store.
 *
 * <p>Copies of answers with the validators of conditional requests, the right to ask for one, so
 * that one instance asks for all, and pins: what was seen first and may never be another. Nothing
 * of it is trusted: what comes out of a copy is verified like any other bytes.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>{@link #look} returns {@link Look.Fresh} for a copy that was checked within {@code
 *       freshFor} on the store's clock, and else gives one caller the right to ask, {@link
 *       Look.Ask}; others get {@link Look.Wait} until that one is done or {@code claimFor} is over.
 *   <li>{@link #keep} and {@link #unchanged} change nothing for who has lost the right to ask.
 *   <li>After {@link #giveUp} somebody else may ask at once; after {@link #expire} too, and what is
 *       under way then is not kept. Both leave the copy for conditional requests.
 *   <li>{@link #pin} keeps the first value of a key for ever, whoever comes at the same time, and
 *       returns the value that is kept.
 *   <li>Keys are compared as they are. A copy that nobody looked at for 90 days may be gone, a pin
 *       never.
 * </ol>
 */
public interface SourceStore {

  /** Longest key, in characters. */
  int MAX_KEY = 300;

  /** Longest value of a pin and longest validator, in characters. */
  int MAX_VALUE = 1000;

  /** Largest copy: 1 MiB. */
  int MAX_BYTES = 1 << 20;

  /**
   * Looks for a copy.
   *
   * @param key names what is copied, such as the URL that it is read from
   * @param freshFor how old a copy may be that is used without asking
   * @param claimFor how long the right to ask lasts
   */
  Look look(String key, Duration freshFor, Duration claimFor);

  /**
   * Keeps a copy, checked now.
   *
   * @param claim of the {@link Look.Ask}
   * @return whether the right to ask was still there
   */
  boolean keep(String key, UUID claim, Copy copy);

  /**
   * Notes that the copy is still what is there, checked now.
   *
   * @return whether the right to ask was still there
   */
  boolean unchanged(String key, UUID claim);

  /** Gives the right to ask back, because asking failed. */
  void giveUp(String key, UUID claim);

  /** Lets the next one ask although the copy is fresh: somebody says that there is news. */
  void expire(String key);

  /**
   * Pins a value, unless one is pinned.
   *
   * @return the value that is pinned now
   */
  String pin(String key, String value);

  /** Returns the value that is pinned. */
  Optional<String> pinned(String key);

  /** A copy of an answer; its bytes are copied in and out. Equality is identity. */
  final class Copy {

    private final String validator;
    private final byte[] body;

    /**
     * Copies the bytes.
     *
     * @param validator for the next conditional request; empty if there is none
     * @param body the bytes
     * @throws IllegalArgumentException if one is larger than {@link #MAX_BYTES} or {@link
     *     #MAX_VALUE}
     */
    public Copy(String validator, byte[] body) {
      this.validator = Objects.requireNonNull(validator, "validator");
      this.body = body.clone();
      if (body.length > MAX_BYTES || validator.length() > MAX_VALUE) {
        throw new IllegalArgumentException(
            "a copy of "
                + body.length
                + " bytes with a validator of "
                + validator.length()
                + " characters is too large: expected at most "
                + MAX_BYTES
                + " and "
                + MAX_VALUE);
      }
    }

    /** Returns the validator. */
    public String validator() {
      return validator;
    }

    /** Returns a copy of the bytes. */
    public byte[] body() {
      return body.clone();
    }
  }

  /** What a look found; closed. */
  sealed interface Look {

    /**
     * A copy that was checked lately.
     *
     * @param copy the copy
     */
    record Fresh(Copy copy) implements Look {
      /** Validates that it is there. */
      public Fresh {
        Objects.requireNonNull(copy, "copy");
      }
    }

    /**
     * The right to ask, alone.
     *
     * @param claim names the right
     * @param known an older copy, for a conditional request
     */
    record Ask(UUID claim, Optional<Copy> known) implements Look {
      /** Validates that both are there. */
      public Ask {
        Objects.requireNonNull(claim, "claim");
        Objects.requireNonNull(known, "known");
      }
    }

    /** Somebody else asks at this moment: look again a little later. */
    record Wait() implements Look {}
  }
}
