package io.selfupgrade.world;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.upgrade.DeployTarget;
import io.selfupgrade.upgrade.Deployment;
import io.selfupgrade.upgrade.Install;
import io.selfupgrade.upgrade.KeptUntil;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * The agents' side of a platform: a question is a file, which the platform finds and carries out.
 */
final class PlatformFolder implements DeployTarget {

  private final Path folder;
  private final KeptUntil keeps;

  private PlatformFolder(Path folder, KeptUntil keeps) {
    this.folder = folder;
    this.keeps = keeps;
  }

  /** Returns what an environment says of the platform that its process runs on. */
  static Optional<Install> install(Map<String, String> environment) {
    return Optional.ofNullable(environment.get("WORLD_PLATFORM"))
        .map(
            folder -> {
              KeptUntil keeps = KeptUntil.valueOf(environment.get("WORLD_KEEPS"));
              return Install.deploying(new PlatformFolder(Path.of(folder), keeps))
                  .allowing(keeps)
                  .within(Duration.parse(environment.get("WORLD_WITHIN")));
            });
  }

  @Override
  public String name() {
    return "folder";
  }

  @Override
  public KeptUntil keepsOldUntil() {
    return keeps;
  }

  @Override
  public String deploy(Deployment deployment) {
    Path asked = folder.resolve(deployment.id().toString());
    try {
      Path whole = Files.createTempFile(folder.getParent(), "question", "");
      Files.writeString(whole, deployment.version().toString());
      if (!Files.exists(asked)) {
        Files.move(whole, asked, StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (FileAlreadyExistsException e) {
      return asked.toString();
    } catch (IOException e) {
      throw new AdapterException("DeployTarget", "no file " + asked, true, e);
    }
    return asked.toString();
  }
}
