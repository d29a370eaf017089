package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selfupgrade.github.GitHubCommitsTest.Commits;
import io.selfupgrade.testkit.CommitSourceContract;
import io.selfupgrade.upgrade.CommitSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

final class GitHubCommitsContractTest extends CommitSourceContract {

  private static final String PATH = "/repos/acme/bot";

  @RegisterExtension final StandIn github = new StandIn();

  @Override
  protected CommitSource source() {
    return github.repository().commits("main");
  }

  @Override
  protected void show(String commit, String older) {
    Commits.head(github, commit);
    Commits.compared(github, older, commit, "ahead");
    for (String of : new String[] {"/git/commits/.*", "/tarball/.*"}) {
      github.on(get(urlPathMatching(PATH + of)).atPriority(9), StandIn.refusal(404, "Not Found"));
    }
    commit(commit, Samples.of("git-commit").withObject("/verification"));
  }

  /** GitHub says that a signature is good which it is not: that counts for nothing. */
  @Override
  protected void sign(String commit, String payload, String signature) {
    ObjectNode verification = Samples.of("git-commit").withObject("/verification");
    verification.put("payload", payload).put("signature", signature);
    commit(commit, verification.put("verified", true).put("reason", "valid"));
  }

  private void commit(String commit, ObjectNode verification) {
    ObjectNode answer = Samples.of("git-commit").put("sha", commit);
    answer.set("verification", verification);
    github.on(get(urlPathEqualTo(PATH + "/git/commits/" + commit)), StandIn.json(answer));
  }

  @Override
  protected void pack(String commit, byte[] tarGz) {
    github.on(
        get(urlPathEqualTo(PATH + "/tarball/" + commit)),
        aResponse()
            .withStatus(302)
            .withHeader("Location", github.storage().baseUrl() + "/files?token=secret"));
    github
        .storage()
        .stubFor(
            get(urlPathEqualTo("/files"))
                .willReturn(
                    aResponse().withHeader("Content-Type", "application/x-gzip").withBody(tarGz)));
  }

  @Test
  void onlyIdsAreAskedFor() {
    assertThatThrownBy(() -> source().signed("main"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("hexadecimal");
    assertThatThrownBy(() -> source().files("../x")).isInstanceOf(IllegalArgumentException.class);
  }
}
