package io.selfupgrade.examples.quickstart;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What became of the agent.
 *
 * @param finalVersion the version that runs, by journal, launcher and process
 * @param outcomes how the upgrade to each version ended
 * @param handOverGap longest time without a primary in a forward hand-over
 * @param recoveredAfterKill from kill -9 to the first tick of the new process
 * @param ticks the agent's own task
 * @param visits the requests of its users
 * @param losses what must not have happened
 */
record Report(
    String finalVersion,
    Map<String, String> outcomes,
    Duration handOverGap,
    Duration recoveredAfterKill,
    Ticks.Count ticks,
    Visitors.Count visits,
    Losses losses) {

  /** How each upgrade has to end. */
  static final Map<String, String> EXPECTED =
      new LinkedHashMap<>(
          Map.of(
              "1.1.0", "Upgraded", "1.2.0", "Refused", "1.3.0", "RolledBack", "1.4.0", "Refused"));

  static final String FINAL_VERSION = "1.1.0";

  /**
   * What must not have happened.
   *
   * @param rows committed rows that are gone
   * @param rowsWatched how many rows were watched
   * @param neverToRun versions that were refused and yet have run
   */
  record Losses(List<String> rows, long rowsWatched, List<String> neverToRun) {}

  /** Returns every claim of the story, and whether it is true. */
  Map<String, Boolean> claims() {
    Map<String, Boolean> claims = new LinkedHashMap<>();
    EXPECTED.keySet().stream()
        .sorted()
        .forEach(
            version -> {
              String seen = outcomes.getOrDefault(version, "none");
              claims.put(version + ": " + seen, seen.equals(EXPECTED.get(version)));
            });
    claims.put("the agent runs " + finalVersion, finalVersion.equals(FINAL_VERSION));
    claims.put(
        "refused versions that were started: " + losses.neverToRun(),
        losses.neverToRun().isEmpty());
    claims.put(
        ticks.expected() + " ticks, " + ticks.missed() + " missed, " + ticks.doubled() + " doubled",
        ticks.expected() > 0 && ticks.missed() == 0 && ticks.doubled() == 0);
    claims.put(
        visits.requests()
            + " requests, "
            + visits.retried()
            + " answered at the second try, "
            + visits.failed()
            + " failed",
        visits.requests() > 0 && visits.failed() == 0);
    claims.put(
        losses.rowsWatched() + " committed rows watched, " + losses.rows().size() + " lost",
        losses.rowsWatched() > 0 && losses.rows().isEmpty());
    claims.put(
        "back " + recoveredAfterKill.toMillis() + " ms after kill -9",
        !recoveredAfterKill.isNegative());
    return claims;
  }

  /** Tells whether all of it is true. */
  boolean holds() {
    return !claims().containsValue(false);
  }

  /** Writes the figures as JSON. */
  void write(Path file) throws IOException {
    StringBuilder outcomeFields = new StringBuilder();
    EXPECTED.keySet().stream()
        .sorted()
        .forEach(
            version ->
                outcomeFields
                    .append(outcomeFields.length() == 0 ? "" : ", ")
                    .append(text(version))
                    .append(": ")
                    .append(text(outcomes.getOrDefault(version, "none"))));
    String json =
        """
        {
          "final_version": %s,
          "outcomes": {%s},
          "handover_gap_ms": %d,
          "ticks_expected": %d,
          "ticks_missed": %d,
          "ticks_doubled": %d,
          "tick_lateness_p99_ms": %d,
          "http_requests": %d,
          "http_failed": %d,
          "recovered_after_kill_ms": %d,
          "rows_lost": %d
        }
        """
            .formatted(
                text(finalVersion),
                outcomeFields,
                handOverGap.toMillis(),
                ticks.expected(),
                ticks.missed(),
                ticks.doubled(),
                ticks.latenessP99().toMillis(),
                visits.requests(),
                visits.failed(),
                recoveredAfterKill.toMillis(),
                losses.rows().size());
    Files.writeString(file, json);
  }

  private static String text(String value) {
    return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
