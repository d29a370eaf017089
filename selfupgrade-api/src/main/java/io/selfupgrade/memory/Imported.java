package io.selfupgrade.memory;

import java.util.List;

/**
 * What an import of files came to.
 *
 * @param files files that were read
 * @param remembered memories that are new or have changed
 * @param unchanged memories that were there already, as they are in the files
 * @param removed memories of an earlier import of these files that are in them no more
 * @param skipped files that could not be read, each with why
 */
public record Imported(
    int files, long remembered, long unchanged, long removed, List<String> skipped) {
  /** Copies. */
  public Imported {
    skipped = List.copyOf(skipped);
  }
}
