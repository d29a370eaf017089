package io.selfupgrade.examples.quickstart;

import io.selfupgrade.examples.quickstart.Narrator.Tone;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Plays the life of an agent with real processes: an upgrade, three that must not happen, a kill.
 *
 * <p>Needs nothing but a JDK, and leaves nothing behind, whichever way it ends.
 */
public final class Quickstart {

  private static final String USAGE =
      """
      Usage: java -jar quickstart.jar [--json FILE] [--keep]

        --json FILE   also write the figures to FILE
        --keep        leave the directory with database, logs and slots where it is

      Exit codes: 0 all of it is true, 1 something is not, 2 wrong usage.""";

  private final PrintStream out;
  private final Options options;
  private final Clock clock;

  private Quickstart(PrintStream out, Options options, Clock clock) {
    this.out = out;
    this.options = options;
    this.clock = clock;
  }

  /** Plays the story and exits with 0 if all that it claims is true. */
  public static void main(String[] args) {
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "error");
    if (List.of(args).contains("--help") || List.of(args).contains("-h")) {
      System.out.println(USAGE);
      return;
    }
    Optional<Options> options = Options.parse(List.of(args));
    if (options.isEmpty()) {
      System.err.println(USAGE);
      System.exit(2);
    }
    System.exit(new Quickstart(System.out, options.get(), Clock.systemUTC()).run());
  }

  private int run() {
    Narrator narrator = new Narrator(out, clock);
    try (Stage stage = Stage.open(options.keep())) {
      boolean good = play(stage, narrator);
      if (stage.isEnding()) {
        return 1;
      }
      boolean clean = stage.clear();
      out.println();
      narrator.plain(
          Tone.RESULT,
          String.format(
              Locale.ROOT,
              "%s, after %.1f s.%s",
              good ? "All of it is true" : "NOT all of it is true",
              narrator.elapsed().toMillis() / 1000.0,
              leftovers(stage, clean)));
      return good && clean ? 0 : 1;
    } catch (IOException e) {
      System.err.println("The quickstart has no place to run in: " + e);
      return 1;
    }
  }

  private boolean play(Stage stage, Narrator narrator) throws IOException {
    try (Story story = new Story(stage, narrator, clock)) {
      Report report = story.play();
      out.println();
      for (Map.Entry<String, Boolean> claim : report.claims().entrySet()) {
        boolean holds = claim.getValue();
        narrator.plain(
            holds ? Tone.GOOD : Tone.BAD, (holds ? "  yes  " : "  NO   ") + claim.getKey());
      }
      narrator.plain(
          Tone.QUIET,
          String.format(
              Locale.ROOT,
              "       longest hand-over gap %d ms; 99 of 100 ticks at most %d ms late; %d answers"
                  + " were wrong, all while 1.3.0 was on trial",
              report.handOverGap().toMillis(),
              report.ticks().latenessP99().toMillis(),
              report.visits().wrong()));
      if (report.visits().failed() > 0) {
        narrator.plain(
            Tone.BAD,
            "       the failed requests began at "
                + report.visits().failedAt().stream().map(narrator::seconds).toList());
      }
      if (options.json().isPresent()) {
        report.write(options.json().get());
      }
      return report.holds();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      narrator.plain(Tone.BAD, "interrupted");
    } catch (Exception e) {
      // Whatever broke the story off: say so, show the logs, and clear away.
      if (stage.isEnding()) {
        return false;
      }
      narrator.plain(Tone.BAD, "The story broke off: " + e);
      if (e.getCause() != null) {
        narrator.plain(Tone.BAD, "  because of " + e.getCause());
      }
      stage.logTails().forEach(line -> narrator.plain(Tone.QUIET, line));
    }
    return false;
  }

  private String leftovers(Stage stage, boolean clean) {
    Path root = stage.places().root();
    if (options.keep()) {
      return " Everything lies in " + root;
    }
    return clean && !Files.exists(root)
        ? " Nothing is left behind."
        : " Could not clear away all of " + root;
  }

  /**
   * What the user asks for.
   *
   * @param json where to write the figures
   * @param keep whether the directory stays
   */
  private record Options(Optional<Path> json, boolean keep) {
    static Optional<Options> parse(List<String> args) {
      Optional<Path> json = Optional.empty();
      boolean keep = false;
      for (int i = 0; i < args.size(); i++) {
        if (args.get(i).equals("--keep")) {
          keep = true;
        } else if (args.get(i).equals("--json") && i + 1 < args.size()) {
          i++;
          json = Optional.of(Path.of(args.get(i)));
        } else {
          return Optional.empty();
        }
      }
      return Optional.of(new Options(json, keep));
    }
  }
}
