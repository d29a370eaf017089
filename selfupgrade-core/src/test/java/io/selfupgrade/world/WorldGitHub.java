package io.selfupgrade.world;

import io.selfupgrade.github.LocalActions;
import io.selfupgrade.upgrade.Install;
import io.selfupgrade.upgrade.KeptUntil;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * A GitHub between the agents and their platform: a dispatch is a question to the platform, and the
 * run goes as the platform does.
 */
final class WorldGitHub implements WorldPlatform.Course, AutoCloseable {

  /** What is logged of a run that fails. */
  static final String LOG = "pulling bot:1.1.0\nError: no such image\n";

  private final Path folder;
  private final LocalActions actions = new LocalActions(this::ask);
  private volatile long endedNanos;

  private WorldGitHub(Path folder) {
    this.folder = folder;
  }

  /** Puts one before a platform. */
  static WorldGitHub before(WorldPlatform platform) {
    WorldGitHub github = new WorldGitHub(platform.folder());
    platform.tell(github);
    platform.environment("WORLD_GITHUB", github.actions.url());
    return github;
  }

  /** Returns what an environment says of the workflow that its process is deployed by. */
  static Optional<Install> install(Map<String, String> environment) {
    return Optional.ofNullable(environment.get("WORLD_GITHUB"))
        .map(
            url -> {
              KeptUntil keeps = KeptUntil.valueOf(environment.get("WORLD_KEEPS"));
              return Install.deploying(LocalActions.workflow(url, keeps))
                  .allowing(keeps)
                  .within(Duration.parse(environment.get("WORLD_WITHIN")));
            });
  }

  LocalActions actions() {
    return actions;
  }

  /** Returns when the last run ended, by the clock that never goes back. */
  long endedNanos() {
    return endedNanos;
  }

  private void ask(String deployment, String version) {
    try {
      Path whole = Files.createTempFile(folder.getParent(), "question", "");
      Files.writeString(whole, version);
      Files.move(whole, folder.resolve(deployment), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void begun(String deployment) {
    actions.runs(deployment, "Ask the platform");
  }

  @Override
  public void ended(String deployment, boolean well) {
    if (well) {
      actions.succeeds(deployment);
    } else {
      actions.fails(deployment, "Ask the platform", LOG);
    }
    endedNanos = System.nanoTime();
  }

  @Override
  public void close() {
    actions.close();
  }
}
