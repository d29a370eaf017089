package io.selfupgrade.core.commit;

import io.selfupgrade.core.local.ScrubbedProcess;
import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.upgrade.LocalBuild;
import io.selfupgrade.upgrade.ReasonCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Runs the build of a commit whose files were verified. */
final class BuildRun {

  /** Sets limits that every process of the build inherits, then becomes the build. */
  private static final String LIMITED =
      "ulimit -d \"$1\" && ulimit -f \"$2\" && shift 2 && exec \"$@\"";

  private static final int KIB_A_MIB = 1024;
  private static final int BLOCK_BYTES = 512;
  private static final int PART_OF_OUTPUT = 16;

  private final LocalBuild recipe;

  BuildRun(LocalBuild recipe) {
    this.recipe = recipe;
  }

  /**
   * Builds.
   *
   * @param files where the commit's files lie
   * @param scratch an empty directory: home and place for temporary files
   * @return the jar
   * @throws RefusalException {@link ReasonCode#BUILD_FAILED}, with the end of what it printed
   * @throws IOException if it could not be started
   * @throws InterruptedException if this thread was interrupted; the build is ended
   */
  Path run(String commit, Path files, Path scratch)
      throws IOException, InterruptedException, RefusalException {
    LocalBuild.Limits limits = recipe.limits();
    ScrubbedProcess process =
        new ScrubbedProcess(
            files,
            scratch,
            new ScrubbedProcess.Limits(
                limits.time(),
                limits.diskBytes() / PART_OF_OUTPUT,
                OptionalLong.of(limits.diskBytes())));
    Optional<String> failure =
        process.run(command(), Map.of("JAVA_HOME", System.getProperty("java.home")));
    if (failure.isPresent()) {
      throw failed(commit, "failed: " + failure.get());
    }
    Path jar = files.resolve(recipe.jar());
    if (!Files.isRegularFile(jar, LinkOption.NOFOLLOW_LINKS)
        || !jar.toRealPath().startsWith(files.toRealPath())
        || Files.size(jar) == 0) {
      throw failed(commit, "made no " + recipe.jar() + ": see the command and the path of the jar");
    }
    return jar;
  }

  private List<String> command() {
    LocalBuild.Limits limits = recipe.limits();
    List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", LIMITED, "build"));
    command.add(Long.toString((long) limits.memoryMb() * KIB_A_MIB));
    command.add(Long.toString(limits.diskBytes() / BLOCK_BYTES));
    command.addAll(recipe.command());
    return command;
  }

  private static RefusalException failed(String commit, String what) {
    return new RefusalException(
        ReasonCode.BUILD_FAILED, "the build of commit " + commit + " " + what);
  }
}
