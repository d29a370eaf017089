package io.selfupgrade.github;

import io.selfupgrade.github.GitHubException.Kind;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Looks at a workflow before it is asked for the first time, and says what is wrong with it. */
final class FitCheck {

  private static final Duration REQUEST = Duration.ofSeconds(5);
  private static final int MOST_BYTES = 2 << 20;
  private static final Pattern RUN_NAME =
      Pattern.compile("(?m)^['\"]?run-name['\"]?[ \\t]*:(.*(?:\\R(?:[ \\t].*)?){0,20})");

  private static final Pattern ID_INPUT =
      Pattern.compile("inputs(?:\\.|\\[ *')" + WorkflowTerms.ID + "\\b");

  private final GitHubRepository repository;
  private final String file;
  private volatile String fit = "";

  FitCheck(GitHubRepository repository, String file) {
    this.repository = repository;
    this.file = file;
  }

  /**
   * Requires that the file is there and active, takes the inputs and says the id in its title.
   *
   * <p>Its content is judged only if the token may read it. What was found fit is not read again.
   */
  void require(String ref, Budget budget) {
    if (fit.equals(ref)) {
      return;
    }
    requireActive(ref, budget);
    content(ref, budget).ifPresent(text -> requireInputs(ref, text));
    fit = ref;
  }

  private void requireActive(String ref, Budget budget) {
    ApiRequest request =
        ApiRequest.get(repository.path("actions", "workflows", file)).within(budget.share(REQUEST));
    try {
      String state = JsonText.text(repository.client().send(request).json(), "state");
      if (!state.equals("active")) {
        throw refused("is not active but " + Refusals.shortened(state) + ": enable it at GitHub");
      }
    } catch (GitHubException e) {
      throw explained(e, ref);
    }
  }

  private Optional<String> content(String ref, Budget budget) {
    ApiRequest request =
        ApiRequest.get(repository.path("contents", ".github/workflows/" + file))
            .query("ref", ref)
            .accept(ApiRequest.RAW)
            .upTo(MOST_BYTES)
            .within(budget.share(REQUEST));
    try {
      return Optional.of(repository.client().send(request).text()).filter(it -> !it.isBlank());
    } catch (GitHubException e) {
      if (e.retryable()) {
        throw e;
      }
      // A token that may only dispatch cannot see it: the dispatch tells what is wrong.
      return Optional.empty();
    }
  }

  private void requireInputs(String ref, String text) {
    if (!text.contains("workflow_dispatch")) {
      throw refused("of " + ref + " cannot be dispatched: add workflow_dispatch below \"on\"");
    }
    for (String input : new String[] {WorkflowTerms.VERSION, WorkflowTerms.ID}) {
      if (!Pattern.compile("[\\s{,]['\"]?" + input + "['\"]?\\s*:").matcher(text).find()) {
        throw refused("of " + ref + " has no input \"" + input + "\": add it to workflow_dispatch");
      }
    }
    Matcher name = RUN_NAME.matcher(text);
    if (!name.find() || !ID_INPUT.matcher(name.group(1)).find()) {
      throw refused(
          "of "
              + ref
              + " does not say in its title for which deployment it runs, so the same one would be"
              + " asked for twice: add run-name: ${{ inputs.version }} ${{ inputs.upgrade }}");
    }
  }

  /** Says of a refusal what it means for who dispatches. */
  GitHubException explained(GitHubException e, String ref) {
    String seen = e.operation();
    if (e.kind() == Kind.NOT_FOUND) {
      return again(
          e,
          "is not there: it has to be on the default branch and on "
              + ref
              + ", and the token needs \"Actions: write\" for the repository");
    }
    if (e.kind() != Kind.INVALID) {
      return e;
    }
    if (seen.contains("Unexpected inputs")) {
      return again(
          e,
          "of "
              + ref
              + " does not declare an input that was given: declare \"version\" and \"upgrade\""
              + " below workflow_dispatch, and what input(...) adds");
    }
    if (seen.contains("Required input")) {
      return again(e, "of " + ref + " requires an input that was not given: add input(...)");
    }
    if (seen.contains("No ref found")) {
      return again(
          e, "was asked for at " + ref + ", which is neither branch nor tag: see ref(...)");
    }
    if (seen.contains("workflow_dispatch") && seen.contains("trigger")) {
      return again(
          e,
          "of " + ref + " cannot be dispatched: add workflow_dispatch below \"on\", or enable it");
    }
    return e;
  }

  private GitHubException refused(String what) {
    return new GitHubException(Kind.INVALID, name() + " " + what, null);
  }

  private GitHubException again(GitHubException e, String what) {
    return new GitHubException(e.kind(), name() + " " + what + " (" + e.operation() + ")", e);
  }

  private String name() {
    return ".github/workflows/" + file + " in " + repository.fullName();
  }
}
