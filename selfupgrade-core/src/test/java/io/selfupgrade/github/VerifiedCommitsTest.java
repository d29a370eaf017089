package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.github.GitHubCommitsTest.Commits;
import io.selfupgrade.supabase.TestDatabase;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import io.selfupgrade.upgrade.UpgradeStep;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * From a commit that a signer made to the version that runs, built on the agent's own machine: an
 * agent in a JVM of its own under the real launcher, on a real Postgres, with a repository of Git's
 * own making behind the stand-in for GitHub.
 */
class VerifiedCommitsTest {

  private static final String PATH = "/repos/acme/bot";

  @RegisterExtension final StandIn github = new StandIn();
  @RegisterExtension final TestDatabase database = TestDatabase.fresh();

  @TempDir Path directory;

  @Test
  void aSignedCommitIsBuiltTriedAndRunAndNoOtherIs() throws Exception {
    SignedRepository repository =
        new SignedRepository(Files.createDirectory(directory.resolve("repository")));
    Path signer = repository.key("ada");
    Path stranger = repository.key("mallory");
    Files.copy(signer, directory.resolve("signers"));
    repository.agent(UpgradingScene.manifest(BuildingAgent.class));
    String first = repository.commit("1.0.0", signer);
    try (UpgradingScene scene = new UpgradingScene(directory, database.jdbcUrl(), github.url())) {
      show(repository, first, first);
      scene.start(scene.sign("1.0.0", first, BuildingAgent.class));
      scene.awaitLeader("1.0.0");

      show(repository, first, repository.commit("1.1.0"));
      assertRefused(scene.look(), ReasonCode.TOO_FEW_SIGNATURES);
      show(repository, first, repository.commit("1.1.1", stranger));
      assertRefused(scene.look(), ReasonCode.UNTRUSTED_KEYS);
      assertThat(scene.home().resolve("builds/releases")).isEmptyDirectory();

      String good = repository.commit("1.2.0", signer);
      show(repository, first, good);
      UpgradeRecord upgrade = scene.look();

      assertThat(upgrade.phase())
          .as(() -> upgrade.decision() + "")
          .isEqualTo(UpgradePhase.CONFIRMED);
      assertThat(scene.steps(upgrade, UpgradeStep.CHECK)).contains("made of commit " + good);
      assertThat(scene.steps(upgrade, UpgradeStep.VALIDATE)).contains("smoke check");
      scene.awaitConfirmed("1.2.0");
      scene.awaitLeader("1.2.0");
      assertThat(scene.look().phase()).isEqualTo(UpgradePhase.UP_TO_DATE);
    }
  }

  private static void assertRefused(UpgradeRecord look, ReasonCode code) {
    assertThat(look.phase()).isEqualTo(UpgradePhase.REFUSED);
    assertThat(look.decision().reason().map(Reason::code)).contains(code);
  }

  /** Makes a commit the head of the branch, with checks that have passed. */
  private void show(SignedRepository repository, String running, String commit) throws Exception {
    github.on(
        get(urlPathEqualTo(PATH + "/git/commits/" + commit)),
        StandIn.json(repository.shown(commit)));
    github.on(
        get(urlPathEqualTo(PATH + "/tarball/" + commit)),
        aResponse()
            .withStatus(302)
            .withHeader("Location", github.storage().baseUrl() + "/" + commit + "?token=secret"));
    github
        .storage()
        .stubFor(
            get(urlPathEqualTo("/" + commit))
                .willReturn(
                    aResponse()
                        .withHeader("Content-Type", "application/x-gzip")
                        .withBody(repository.files(commit))));
    Commits.compared(github, running, commit, "ahead");
    Commits.checks(github, commit, "", "test=success");
    Commits.head(github, commit);
  }
}
