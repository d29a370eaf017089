package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selfupgrade.github.Copies.Answer;
import io.selfupgrade.upgrade.SourceStore.Copy;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * When a list was read to its end, and by what its first page is asked for again.
 *
 * <p>GitHub has a validator for a page alone. What is new is on the first one: a list that has more
 * is read to its end when somebody says that there is news, and once a day for what changed below.
 */
final class Listing {

  /** How long the first page stands for a list that has more than one. */
  static final Duration TRUSTED = Duration.ofDays(1);

  private static final String READ = "read";

  private final Optional<String> validator;
  private final Optional<Instant> read;

  private Listing(Optional<String> validator, Optional<Instant> read) {
    this.validator = validator;
    this.read = read;
  }

  /** Reads what {@link #answer} has noted. */
  static Listing of(Optional<Copy> known) {
    Optional<JsonNode> body = known.map(copy -> JsonText.read("the copy of a list", copy.body()));
    return new Listing(
        known.map(Copy::validator).filter(text -> !text.isEmpty()),
        body.flatMap(copy -> JsonText.optionalText(copy, READ)).flatMap(Listing::instant));
  }

  /** Notes beside what was found when the list was read, if it has more than one page. */
  static Answer answer(ApiClient.Listed listed, Instant now, ObjectNode found) {
    ObjectNode noted = listed.pages() > 1 ? found.put(READ, now.toString()) : found;
    return new Answer(listed.etag().orElse(""), JsonText.write(noted));
  }

  /**
   * Returns what the first page is asked by; empty to read all.
   *
   * @param told whether somebody says that there is news
   */
  Optional<String> validator(Instant now, boolean told) {
    return read.isEmpty() || (!told && isRecent(read.get(), now)) ? validator : Optional.empty();
  }

  /** Another instance's clock may have been wrong, in either direction. */
  private static boolean isRecent(Instant read, Instant now) {
    return Duration.between(read, now).abs().compareTo(TRUSTED) < 0;
  }

  private static Optional<Instant> instant(String text) {
    try {
      return Optional.of(Instant.parse(text));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
