package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import io.selfupgrade.github.CommitFinding.NotAcceptable;
import io.selfupgrade.github.CommitFinding.Why;
import io.selfupgrade.github.Copies.Answer;
import io.selfupgrade.github.GitHubException.Kind;
import io.selfupgrade.upgrade.CommitSource;
import io.selfupgrade.upgrade.SignedDocument;
import io.selfupgrade.upgrade.SourceStore;
import io.selfupgrade.upgrade.SourceStore.Copy;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The commits of a branch: they tell that something newer exists, and are not installed.
 *
 * <p>What is installed is a signed release, see {@link GitHubReleases#builtFrom}; where {@code
 * Trust.verifiedCommits} asks for that by name, one that is built on the agent's machine. A head is
 * asked for conditionally, and counts as newer only if what runs is in its history: a branch that
 * was set back or rewritten is none. Immutable and thread-safe; no I/O until it is asked.
 */
public final class GitHubCommits implements CommitSource {

  private static final Logger LOG = LoggerFactory.getLogger(GitHubCommits.class);
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");

  /** GitHub could not look: in its words an error of its own service, or of a certificate's. */
  private static final Set<String> NOT_LOOKED_AT =
      Set.of(
          "gpgverify_error",
          "gpgverify_unavailable",
          "ocsp_error",
          "ocsp_pending",
          "unknown_error");

  private final GitHubRepository repository;
  private final String branch;
  private final Terms terms;
  private final Copies copies;
  private final AtomicReference<String> told = new AtomicReference<>("");

  GitHubCommits(GitHubRepository repository, String branch, SourceStore store) {
    this(repository, branch, new Terms(false, Optional.empty()), new Copies(store, repository));
    if (branch.isBlank()) {
      throw new IllegalArgumentException("the branch is blank: expected a name, such as main");
    }
  }

  private GitHubCommits(GitHubRepository repository, String branch, Terms terms, Copies copies) {
    this.repository = repository;
    this.branch = branch;
    this.terms = terms;
    this.copies = copies;
  }

  /** Accepts only a commit whose signature GitHub has verified. */
  public GitHubCommits verified() {
    return new GitHubCommits(repository, branch, new Terms(true, terms.required), copies);
  }

  /**
   * Accepts only a commit whose checks have all passed: statuses and check runs, at least one.
   *
   * @param required names of checks that must be among them
   */
  public GitHubCommits passing(String... required) {
    Set<String> names = new LinkedHashSet<>(List.of(required));
    return new GitHubCommits(
        repository, branch, new Terms(terms.verified, Optional.of(names)), copies);
  }

  /** Returns the branch. */
  public String branch() {
    return branch;
  }

  /**
   * Returns the branch's newest commit.
   *
   * @throws GitHubException if there is no such branch, or GitHub cannot be asked
   */
  public String head() {
    try {
      byte[] copy = copies.get(headCopy(), this::head);
      return new String(copy, StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new GitHubException(Kind.UNAVAILABLE, "looking for the head of " + branch, e);
    }
  }

  /**
   * Looks whether the branch has something newer and acceptable.
   *
   * @param running the commit that runs, 40 or 64 hexadecimal digits
   * @throws GitHubException if GitHub cannot be asked
   */
  public CommitFinding check(String running) {
    requireCommit(running);
    return judge(head(), Optional.of(running));
  }

  /** Lets the next one ask for the head, however fresh its copy is. */
  @Override
  public void expectNews() {
    copies.expire(headCopy());
  }

  @Override
  public String describe() {
    return "branch " + branch + " of " + repository;
  }

  @Override
  public Optional<String> newest(Optional<String> running) throws IOException {
    CommitFinding finding =
        asking(() -> judge(head(), running.filter(commit -> COMMIT.matcher(commit).matches())));
    String summary = finding.summary();
    if (finding instanceof NotAcceptable && !summary.equals(told.getAndSet(summary))) {
      LOG.info("{}", summary);
    }
    return finding instanceof CommitFinding.Ahead
        ? Optional.of(finding.commit())
        : Optional.empty();
  }

  /**
   * Returns what GitHub says was signed; what GitHub thinks of the signature counts for nothing.
   */
  @Override
  public SignedDocument signed(String commit) throws IOException {
    requireCommit(commit);
    JsonNode answer =
        asking(
            () ->
                repository
                    .client()
                    .send(ApiRequest.get(repository.path("git", "commits", commit)))
                    .json());
    JsonNode verification = answer.path("verification");
    return new SignedDocument(bytes(verification, "payload"), bytes(verification, "signature"));
  }

  @Override
  public InputStream files(String commit) throws IOException {
    requireCommit(commit);
    return asking(
        () -> repository.client().open(ApiRequest.get(repository.path("tarball", commit))));
  }

  private static byte[] bytes(JsonNode verification, String field) {
    return verification.path(field).asText("").getBytes(StandardCharsets.UTF_8);
  }

  private static <T> T asking(Supplier<T> question) throws IOException {
    try {
      return question.get();
    } catch (GitHubException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private String headCopy() {
    return "head " + branch;
  }

  @Override
  public GitHubCommits sharing(SourceStore store) {
    return new GitHubCommits(repository, branch, terms, new Copies(store, repository));
  }

  /** Judges a head; with nothing to compare it with it is ahead of everything. */
  CommitFinding judge(String head, Optional<String> running) {
    CommitFinding compared =
        running.isPresent() ? compare(head, running.get()) : new CommitFinding.Ahead(head, 0);
    if (!(compared instanceof CommitFinding.Ahead)) {
      return compared;
    }
    return notVerified(head)
        .or(() -> terms.required.flatMap(required -> notPassed(head, required)))
        .map(CommitFinding.class::cast)
        .orElse(compared);
  }

  /** Asks for the branch by its whole name: a tag may have the short one, too. */
  private Optional<Answer> head(Optional<Copy> known) {
    ApiResponse answer =
        repository
            .client()
            .send(
                ApiRequest.get(repository.path("commits", "heads/" + branch))
                    .accept(ApiRequest.SHA)
                    .unless(known.map(Copy::validator)));
    if (answer.unchanged()) {
      return Optional.empty();
    }
    String commit = answer.text().strip();
    if (!COMMIT.matcher(commit).matches()) {
      throw new GitHubException(
          Kind.UNEXPECTED,
          "the head of " + branch + " was answered with \"" + Refusals.shortened(commit) + "\"",
          null);
    }
    // GitHub takes the commit itself as the validator of this answer.
    return Optional.of(
        new Answer("\"" + commit + "\"", commit.getBytes(StandardCharsets.US_ASCII)));
  }

  private CommitFinding compare(String head, String running) {
    if (head.equals(running)) {
      return new CommitFinding.Same(head);
    }
    Optional<ApiResponse> found =
        repository
            .client()
            .find(lean(ApiRequest.get(repository.path("compare", running + "..." + head))));
    if (found.isEmpty()) {
      return new NotAcceptable(
          Why.UNKNOWN_BASE,
          head,
          "the commit that runs, "
              + running
              + ", is not in "
              + repository.fullName()
              + ": see that the release was built from this repository");
    }
    JsonNode comparison = found.get().json();
    String status = JsonText.text(comparison, "status");
    return switch (status) {
      case "ahead" -> new CommitFinding.Ahead(head, JsonText.number(comparison, "ahead_by"));
      case "identical" -> new CommitFinding.Same(head);
      case "behind" ->
          new NotAcceptable(
              Why.BEHIND,
              head,
              "branch " + branch + " was set back to before " + running + ": nothing is built");
      case "diverged" ->
          new NotAcceptable(
              Why.DIVERGED,
              head,
              "branch "
                  + branch
                  + " was rewritten, "
                  + running
                  + " is not in its history: look at it, and release by hand if it is meant");
      default ->
          throw new GitHubException(
              Kind.UNEXPECTED,
              "a comparison has the status \"" + Refusals.shortened(status) + "\"",
              null);
    };
  }

  private Optional<NotAcceptable> notVerified(String head) {
    if (!terms.verified) {
      return Optional.empty();
    }
    JsonNode commit =
        repository.client().send(lean(ApiRequest.get(repository.path("commits", head)))).json();
    JsonNode verification = JsonText.object(JsonText.object(commit, "commit"), "verification");
    if (JsonText.flag(verification, "verified") && JsonText.text(commit, "sha").equals(head)) {
      return Optional.empty();
    }
    String reason = Refusals.shortened(JsonText.text(verification, "reason"));
    boolean later = NOT_LOOKED_AT.contains(reason) || reason.endsWith("unavailable");
    return Optional.of(
        new NotAcceptable(
            later ? Why.VERIFICATION_UNAVAILABLE : Why.NOT_VERIFIED,
            head,
            "its signature is not verified, GitHub says \""
                + reason
                + "\""
                + (later ? ": asked again later" : ": sign it with a key that GitHub knows")));
  }

  private Optional<NotAcceptable> notPassed(String head, Set<String> required) {
    CommitChecks checks = CommitChecks.read(repository, head, required);
    if (!checks.failed().isEmpty()) {
      return not(Why.CHECKS_FAILED, head, "checks did not pass: ", checks.failed());
    }
    if (!checks.pending().isEmpty()) {
      return not(Why.CHECKS_PENDING, head, "checks are under way: ", checks.pending());
    }
    if (checks.count() == 0) {
      return not(Why.CHECKS_MISSING, head, "no check was made of it yet", Set.of());
    }
    if (!checks.missing().isEmpty()) {
      return not(Why.CHECKS_MISSING, head, "checks are not there yet: ", checks.missing());
    }
    return checks.complete()
        ? Optional.empty()
        : not(
            Why.CHECKS_PENDING,
            head,
            "it has more than " + CommitChecks.MOST + " checks, which are not all read",
            Set.of());
  }

  private static Optional<NotAcceptable> not(
      Why why, String head, String message, Set<String> names) {
    return Optional.of(new NotAcceptable(why, head, message + String.join(", ", names)));
  }

  /** Asks for what stands beside lists of commits and files, which are long and on page 1. */
  private static ApiRequest lean(ApiRequest request) {
    return request.query("per_page", 1).query("page", 2);
  }

  private static void requireCommit(String commit) {
    if (!COMMIT.matcher(commit).matches()) {
      throw new IllegalArgumentException(
          "commit \""
              + commit
              + "\" is not usable: expected its 40 or 64 hexadecimal digits, in lower case");
    }
  }

  /** What a commit must keep; empty checks are not asked for. */
  private record Terms(boolean verified, Optional<Set<String>> required) {}
}
