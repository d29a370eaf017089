package io.selfupgrade.schedule;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What a claim of one-shots gave.
 *
 * @param now the store's clock
 * @param claimed what was claimed, the longest due first
 * @param next by handler, when the first that was not claimed is due; those with none are not there
 */
public record OneShotBatch(Instant now, List<ClaimedRun> claimed, Map<String, Instant> next) {

  /** Validates and copies. */
  public OneShotBatch {
    Objects.requireNonNull(now, "now");
    claimed = List.copyOf(claimed);
    next = Map.copyOf(next);
  }
}
