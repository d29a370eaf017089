package io.selfupgrade.memory;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * A memory as it is kept.
 *
 * @param id its id
 * @param memory what is remembered
 * @param createdAt since when, on the store's clock
 * @param expiresAt until when; empty: for ever
 */
public record Remembered(UUID id, Memory memory, Instant createdAt, Optional<Instant> expiresAt) {
  /** Validates the parts. */
  public Remembered {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(memory, "memory");
    Objects.requireNonNull(createdAt, "createdAt");
    Objects.requireNonNull(expiresAt, "expiresAt");
  }
}
