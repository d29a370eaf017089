package io.selfupgrade.github;

import io.selfupgrade.agent.Version;
import io.selfupgrade.testkit.ReleaseSourceContract;
import io.selfupgrade.upgrade.ReleaseSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Releases on GitHub keep the obligations of every source. */
final class GitHubReleasesContractTest extends ReleaseSourceContract {

  @RegisterExtension final StandIn github = new StandIn();

  private final Publisher publisher = new Publisher(github);

  @BeforeEach
  void answerForAnEmptyRepository() {
    publisher.answer();
  }

  @Override
  protected ReleaseSource source() {
    return github.repository().releases();
  }

  @Override
  protected void publishIndex(String channel, byte[] document, byte[] signatures) {
    boolean stable = channel.equals("stable");
    String name = stable ? "latest.json" : "latest-" + channel + ".json";
    publisher
        .release(stable ? "v1.4.0" : "v1.5.0-beta.1")
        .is("prerelease", !stable)
        .with(name, document)
        .with(name + ".sig", signatures);
    publisher.answer();
  }

  @Override
  protected void publishManifest(Version version, byte[] document, byte[] signatures) {
    publisher
        .release("v" + version)
        .with("release.json", document)
        .with("release.json.sig", signatures);
    publisher.answer();
  }

  @Override
  protected void publishFile(Version version, String path, byte[] content) {
    publisher.release("v" + version).with(path.replace('/', '.'), content);
    publisher.answer();
  }
}
