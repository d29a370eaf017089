package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selfupgrade.github.CommitFinding.Ahead;
import io.selfupgrade.github.CommitFinding.NotAcceptable;
import io.selfupgrade.github.CommitFinding.Same;
import io.selfupgrade.github.CommitFinding.Why;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a branch's head must be to count as newer. */
final class GitHubCommitsTest {

  private static final String PATH = "/repos/acme/bot";
  private static final String OLD = "a".repeat(40);
  private static final String NEW = "b".repeat(40);

  @RegisterExtension final StandIn github = new StandIn();

  @BeforeEach
  void answer() {
    Commits.head(github, NEW);
    Commits.compared(github, OLD, NEW, "ahead");
  }

  @Test
  void headIsAskedForByTheCommitThatIsKnown() {
    GitHubCommits commits = commits();

    assertThat(commits.head()).isEqualTo(NEW);
    assertThat(commits.head()).isEqualTo(NEW);
    assertThat(github.requests()).hasSize(1);
    assertThat(github.requests().get(0).getHeader("Accept"))
        .isEqualTo("application/vnd.github.sha");
    github.clock().advance(Copies.FRESH.plusSeconds(1));
    github.on(
        get(urlPathEqualTo(PATH + "/commits/heads%2Fmain"))
            .withHeader("If-None-Match", equalTo("\"" + NEW + "\"")),
        aResponse().withStatus(304));

    assertThat(commits.head()).isEqualTo(NEW);
    assertThat(github.requests()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "main", "<html>", "ABCDEF"})
  void headThatIsNoCommitIsNotBelieved(String head) {
    Commits.head(github, head);

    assertThatThrownBy(commits()::head)
        .isInstanceOf(GitHubException.class)
        .hasMessageContaining("the head of main");
  }

  @Test
  void headThatIsAheadIsNewer() {
    assertThat(commits().check(OLD)).isEqualTo(new Ahead(NEW, 3));
    assertThat(commits().check(NEW)).isEqualTo(new Same(NEW));
    assertThatThrownBy(() -> commits().check("main")).hasMessageContaining("\"main\"");
  }

  @ParameterizedTest
  @CsvSource({"behind, BEHIND, set back", "diverged, DIVERGED, rewritten"})
  void branchThatWasSetBackOrRewrittenIsNoUpdate(String status, Why why, String message) {
    Commits.compared(github, OLD, NEW, status);

    assertNot(commits().check(OLD), why, message);
  }

  @Test
  void commitThatGitHubDoesNotKnowIsNamed() {
    github.on(
        get(urlPathEqualTo(PATH + "/compare/" + OLD + "..." + NEW)),
        StandIn.refusal(404, "Not Found"));

    assertNot(commits().check(OLD), Why.UNKNOWN_BASE, OLD);
  }

  @ParameterizedTest
  @CsvSource({
    "unsigned, NOT_VERIFIED",
    "unknown_key, NOT_VERIFIED",
    "expired_key, NOT_VERIFIED",
    "bad_email, NOT_VERIFIED",
    "gpgverify_unavailable, VERIFICATION_UNAVAILABLE",
    "bad_cert, NOT_VERIFIED",
    "ocsp_revoked, NOT_VERIFIED",
    "gpgverify_error, VERIFICATION_UNAVAILABLE",
    "ocsp_error, VERIFICATION_UNAVAILABLE",
    "ocsp_pending, VERIFICATION_UNAVAILABLE"
  })
  void signatureThatIsNotVerifiedIsNotAccepted(String reason, Why why) {
    commit(false, reason);

    assertThat(commits().check(OLD)).isInstanceOf(Ahead.class);
    assertNot(commits().verified().check(OLD), why, reason);
  }

  @Test
  void signatureThatIsVerifiedIsAccepted() {
    commit(true, "valid");

    assertThat(commits().verified().check(OLD)).isInstanceOf(Ahead.class);
  }

  @ParameterizedTest
  @CsvSource({
    "build=success, '', AHEAD",
    "build=success, lint=success, AHEAD",
    "'', lint=success, AHEAD",
    "'', lint=skipped lint2=neutral, AHEAD",
    "'', '', CHECKS_MISSING",
    "build=pending, lint=success, CHECKS_PENDING",
    "build=success, lint=, CHECKS_PENDING",
    "build=failure, lint=success, CHECKS_FAILED",
    "build=error, '', CHECKS_FAILED",
    "build=success, lint=failure, CHECKS_FAILED",
    "build=success, lint=cancelled, CHECKS_FAILED",
    "build=success, lint=timed_out, CHECKS_FAILED",
    "build=success, lint=action_required, CHECKS_FAILED",
    "build=pending, lint=failure, CHECKS_FAILED",
    "build=failure, build=success, CHECKS_FAILED"
  })
  void statusesAndCheckRunsBothCount(String statuses, String runs, String expected) {
    Commits.checks(github, NEW, statuses, runs);

    assertFinding(commits().passing().check(OLD), expected);
  }

  @ParameterizedTest
  @CsvSource({
    "build=success, lint=success, AHEAD",
    "build=success, '', CHECKS_MISSING",
    "build=success, lint=skipped, CHECKS_FAILED",
    "build=success, lint=success other=failure, CHECKS_FAILED",
    "build=success, build=neutral lint=success, CHECKS_FAILED"
  })
  void checkThatIsRequiredMustBeThereAndSucceed(String statuses, String runs, String expected) {
    Commits.checks(github, NEW, statuses, runs);

    assertFinding(commits().passing("build", "lint").check(OLD), expected);
  }

  private void commit(boolean verified, String reason) {
    ObjectNode commit = Samples.of("commit").put("sha", NEW);
    ObjectNode verification = Samples.of("verification");
    verification.put("verified", verified).put("reason", reason);
    ((ObjectNode) commit.path("commit")).set("verification", verification);
    github.on(get(urlPathEqualTo(PATH + "/commits/" + NEW)), StandIn.json(commit));
  }

  private static void assertFinding(CommitFinding finding, String expected) {
    if (expected.equals("AHEAD")) {
      assertThat(finding).isInstanceOf(Ahead.class);
    } else {
      assertNot(finding, Why.valueOf(expected), "check");
    }
  }

  private static void assertNot(CommitFinding finding, Why why, String message) {
    assertThat(finding).isInstanceOf(NotAcceptable.class);
    assertThat(((NotAcceptable) finding).why()).isEqualTo(why);
    assertThat(finding.summary()).contains(message, NEW);
  }

  private GitHubCommits commits() {
    return github.repository().commits("main");
  }

  /** What GitHub says of commits. */
  static final class Commits {

    private Commits() {}

    static void head(StandIn github, String commit) {
      github.on(
          get(urlPathEqualTo(PATH + "/commits/heads%2Fmain")),
          aResponse()
              .withHeader("Content-Type", "application/vnd.github.sha; charset=utf-8")
              .withBody(commit));
    }

    static void compared(StandIn github, String base, String head, String status) {
      github.on(
          get(urlPathEqualTo(PATH + "/compare/" + base + "..." + head)),
          StandIn.json(Samples.of("commit-comparison").put("status", status).put("ahead_by", 3)));
    }

    /** Takes {@code name=result} separated by spaces; a run without a result is under way. */
    static void checks(StandIn github, String commit, String statuses, String runs) {
      ObjectNode combined = Samples.of("combined-commit-status");
      ArrayNode states = JsonText.array();
      for (String[] each : pairs(statuses)) {
        states.add(
            Samples.of("simple-commit-status").put("context", each[0]).put("state", each[1]));
      }
      combined.set("statuses", states);
      github.on(
          get(urlPathEqualTo(PATH + "/commits/" + commit + "/status")), StandIn.json(combined));
      ArrayNode checkRuns = JsonText.array();
      for (String[] each : pairs(runs)) {
        ObjectNode run = Samples.of("check-run").put("name", each[0]);
        boolean over = !each[1].isEmpty();
        run.put("status", over ? "completed" : "in_progress");
        checkRuns.add(over ? run.put("conclusion", each[1]) : run);
      }
      ObjectNode list = JsonText.object().put("total_count", checkRuns.size());
      list.set("check_runs", checkRuns);
      github.on(
          get(urlPathEqualTo(PATH + "/commits/" + commit + "/check-runs")), StandIn.json(list));
    }

    private static String[][] pairs(String text) {
      return Arrays.stream(text.split(" ", -1))
          .filter(pair -> !pair.isEmpty())
          .map(pair -> pair.split("=", -1))
          .toArray(String[][]::new);
    }
  }
}
