package io.selfupgrade.world;

import io.selfupgrade.launcher.Candidate;
import io.selfupgrade.launcher.Halt;
import io.selfupgrade.launcher.HaltingLauncher;
import io.selfupgrade.launcher.Home;
import java.io.IOException;
import java.nio.file.Path;

/** The real launcher with shorter pauses, which ends at the points of its world. */
public final class WorldLauncher {

  private WorldLauncher() {}

  /** Runs a command as the real main does. */
  public static void main(String[] args) {
    String directory = System.getenv("WORLD_HALTS");
    if (directory == null) {
      HaltingLauncher.run(args, Halt.NEVER);
      return;
    }
    Halts halts = new Halts(Path.of(directory));
    Home home = Home.at(Path.of(args[1]));
    HaltingLauncher.run(
        args,
        Halt.by((moment, name) -> halts.reach(moment, effect(home, name), "launcher"::equals)));
  }

  /** A start is named by the role that is started. */
  private static String effect(Home home, String name) {
    return name.startsWith("start ")
        ? "start " + (isCandidate(home, name.substring(6)) ? "candidate" : "current")
        : Halting.plain(name);
  }

  private static boolean isCandidate(Home home, String version) {
    try {
      return Candidate.read(home).filter(found -> found.version().equals(version)).isPresent();
    } catch (IOException e) {
      return false;
    }
  }
}
