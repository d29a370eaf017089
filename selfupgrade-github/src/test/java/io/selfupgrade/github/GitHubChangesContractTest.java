package io.selfupgrade.github;

import io.selfupgrade.agent.Secret;
import io.selfupgrade.change.ChangeTarget;
import io.selfupgrade.testkit.ChangeTargetContract;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Changes on GitHub keep the obligations of every target. */
final class GitHubChangesContractTest extends ChangeTargetContract {

  private static final String TOKEN = "t0ken-of-nobody";

  @RegisterExtension final StandIn github = new StandIn();

  private final RepositoryModel model = new RepositoryModel();
  private int commits;

  @BeforeEach
  void aRepositoryWithoutPrompts() {
    String base = model.git.branches.get(RepositoryModel.MAIN);
    model.git.commits.get(base).files().keySet().removeIf(path -> path.startsWith("prompts/"));
    commits = model.git.commits.size();
    github.serve(model);
  }

  @Override
  protected ChangeTarget target() {
    return github
        .repository()
        .token(Secret.of(TOKEN))
        .changes(ChangeScene.POLICY)
        .into(RepositoryModel.MAIN);
  }

  @Override
  protected void cut(int request, boolean afterEffect) {
    model.die(model.requests + request, afterEffect);
  }

  @Override
  protected void restore() {
    model.revive();
  }

  @Override
  protected int requests() {
    return model.requests;
  }

  @Override
  protected int commits() {
    return model.git.commits.size() - commits;
  }

  @Override
  protected int pullRequests() {
    return model.pulls.size();
  }

  @Override
  protected List<String> secrets() {
    return List.of(TOKEN);
  }
}
