package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import io.selfupgrade.github.BuildTries.End;
import io.selfupgrade.github.Copies.Answer;
import io.selfupgrade.github.GitHubException.Kind;
import io.selfupgrade.upgrade.SourceStore;
import io.selfupgrade.upgrade.SourceStore.Copy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has a commit built and signed by a workflow: asked for once, whoever asks and however often, and
 * again only when the run has ended without success.
 *
 * <p>Between two tries is a pause that grows, and the run is looked at once more after it: a person
 * may have had it run again. Somebody who says that there is news makes the pause a short one.
 */
final class BuildOnce {

  /** Pauses after the first try and those that follow, from when its end was seen. */
  static final List<Duration> PAUSES =
      List.of(
          Duration.ofMinutes(15), Duration.ofHours(1), Duration.ofHours(6), Duration.ofHours(24));

  /** The pause when somebody asks; there is one, as the end of a run is such news too. */
  static final Duration SHORT_PAUSE = Duration.ofMinutes(5);

  private static final Logger LOG = LoggerFactory.getLogger(BuiltReleases.class);
  private static final Duration TO_LOOK = Duration.ofSeconds(45);

  private final GitHubRepository repository;
  private final Build build;
  private final Runs runs;
  private final BuildTries tries;
  private final BuildTurn turn;

  BuildOnce(GitHubRepository repository, Build build, SourceStore store) {
    this.repository = repository;
    this.build = build;
    this.runs = new Runs(repository, build.workflow());
    this.tries = new BuildTries(store, repository, build.key());
    this.turn = new BuildTurn(repository, build, store, tries);
  }

  /**
   * Looks how it stands.
   *
   * @param known what was told the last time
   * @param news whether somebody says that there is something new
   */
  Standing look(Optional<Copy> known, boolean news) {
    int number = tries.current();
    if (number <= BuildTries.MOST && tries.taken(number)) {
      return new Standing(number, Optional.of(followed(number, known)));
    }
    return new Standing(
        number, number == 1 ? Optional.empty() : resting(number - 1, news).map(BuildOnce::told));
  }

  /**
   * Asks for a try, unless somebody does.
   *
   * @param number from a {@link #look} that said nothing against it
   * @return what came of it, for people
   */
  String ask(int number) {
    return turn.ask(number);
  }

  /** Asks whether anything changed since the last time; a run that failed ends the try. */
  private Answer followed(int number, Optional<Copy> known) {
    OptionalLong run = run(number);
    if (run.isEmpty()) {
      return told(
          "GitHub took "
              + build
              + ", but no run of "
              + build.workflow()
              + " says its id in its title: see its run-name, and "
              + runs.page());
    }
    Optional<String> etag = known.map(Copy::validator).filter(text -> !text.isEmpty());
    Optional<ApiResponse> found = ask(run.getAsLong(), etag);
    if (found.isEmpty()) {
      return told(
          named(run)
              + " is not there any more: start "
              + build.workflow()
              + " by hand, or push another commit");
    }
    if (found.get().unchanged()) {
      return new Answer(etag.orElse(""), known.map(Copy::body).orElseGet(() -> new byte[0]));
    }
    JsonNode seen = found.get().json();
    Optional<String> failure = failure(seen);
    if (failure.isEmpty()) {
      byte[] text = alive(run, seen).getBytes(StandardCharsets.UTF_8);
      return new Answer(found.get().etag().orElse(""), text);
    }
    End end = tries.end(number, new End(now(), failure.get()));
    String text = ended(number, end, run);
    LOG.warn("{}", text);
    return told(text);
  }

  /** Returns why no further try is made yet, or any more. */
  private Optional<String> resting(int last, boolean news) {
    End end = tries.end(last).orElseThrow();
    OptionalLong run = tries.run(last);
    if (last == BuildTries.MOST || now().isBefore(end.at().plus(pause(last, news)))) {
      return Optional.of(ended(last, end, run));
    }
    return run.isPresent()
        ? ask(run.getAsLong(), Optional.empty())
            .map(ApiResponse::json)
            .filter(seen -> failure(seen).isEmpty())
            .map(seen -> alive(run, seen))
        : Optional.empty();
  }

  private static Duration pause(int last, boolean news) {
    return news ? SHORT_PAUSE : PAUSES.get(last - 1);
  }

  private String ended(int number, End end, OptionalLong run) {
    String what = named(run) + " ended with " + end.how();
    return number == BuildTries.MOST
        ? what
            + ", as "
            + (number - 1)
            + " before it: it is not asked for again; mend it and push another commit, or start "
            + build.workflow()
            + " by hand"
        : what + ", it is asked for again after " + end.at().plus(pause(number, false));
  }

  private String alive(OptionalLong run, JsonNode seen) {
    return named(run)
        + (status(seen).equals("completed")
            ? " has succeeded: its release is looked for"
            : " is " + Refusals.shortened(status(seen)));
  }

  private static String status(JsonNode run) {
    return JsonText.optionalText(run, "status").orElse("unknown");
  }

  /** Returns how a run ended that made no release. */
  private static Optional<String> failure(JsonNode run) {
    return status(run).equals("completed")
        ? Optional.of(
                Refusals.shortened(
                    JsonText.optionalText(run, "conclusion").orElse("no conclusion")))
            .filter(conclusion -> !conclusion.equals("success"))
        : Optional.empty();
  }

  private OptionalLong run(int number) {
    OptionalLong told = tries.run(number);
    return told.isPresent()
        ? told
        : runs.find(tries.id(number, UUID.randomUUID()), new Budget(Pace.REAL, TO_LOOK))
            .map(found -> OptionalLong.of(found.id()))
            .orElse(OptionalLong.empty());
  }

  private Optional<ApiResponse> ask(long run, Optional<String> etag) {
    try {
      return Optional.of(runs.ask(run, etag));
    } catch (GitHubException e) {
      if (e.kind() == Kind.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private String named(OptionalLong run) {
    return "the build of "
        + build
        + (run.isPresent() ? ", " + runs.page(run.getAsLong()) + "," : "");
  }

  private Instant now() {
    return repository.settings().clock().instant();
  }

  private static Answer told(String text) {
    return new Answer("", text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * How a build stands.
   *
   * @param next the try that comes next
   * @param told why it is not asked for now; empty if it may be
   */
  record Standing(int next, Optional<Answer> told) {}
}
