package io.selfupgrade.upgrade;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How a commit is built on this machine, by {@link Trust#verifiedCommits} alone.
 *
 * <p>The command runs in a fresh directory with the commit's files, with the environment of a smoke
 * check and {@code JAVA_HOME}, as the agent's user. It is not fenced in otherwise: what it starts
 * and does is whatever the commit says.
 *
 * @param command the program and its arguments; a program with a {@code /} is looked for among the
 *     files
 * @param jar the executable jar that it makes: a path below the files
 * @param versionFile a file of the commit whose only line is the version, such as {@code VERSION}:
 *     it is signed with the rest, so a build cannot choose it
 * @param limits its limits
 * @param launch how the jar is started
 * @param smoke how it is tried before it is accepted; empty for no check of its own
 */
public record LocalBuild(
    List<String> command,
    String jar,
    String versionFile,
    Limits limits,
    Launch launch,
    Optional<Smoke> smoke) {

  /**
   * Validates and copies.
   *
   * @throws IllegalArgumentException if the command is empty, a path is not plain, or the launch is
   *     of another jar
   */
  public LocalBuild {
    command = List.copyOf(command);
    if (command.isEmpty() || command.get(0).isBlank()) {
      throw new IllegalArgumentException("a build has no command: name a program, such as ./mvnw");
    }
    ReleaseFile.requirePath(jar);
    ReleaseFile.requirePath(versionFile);
    Objects.requireNonNull(limits, "limits");
    Objects.requireNonNull(launch, "launch");
    Objects.requireNonNull(smoke, "smoke");
    if (!launch.jar().equals(nameOf(jar))) {
      throw new IllegalArgumentException(
          "a build of "
              + jar
              + " is launched by \""
              + launch.jar()
              + "\": expected "
              + nameOf(jar));
    }
  }

  /**
   * Describes a build with {@link Limits#DEFAULT}, of a jar that is started without arguments.
   *
   * @param jar as above
   * @param versionFile as above
   * @param command as above
   */
  public static LocalBuild of(String jar, String versionFile, String... command) {
    return new LocalBuild(
        List.of(command),
        jar,
        versionFile,
        Limits.DEFAULT,
        Launch.jar(nameOf(jar)),
        Optional.empty());
  }

  /** Returns the same with other limits. */
  public LocalBuild within(Limits other) {
    return new LocalBuild(command, jar, versionFile, other, launch, smoke);
  }

  /** Returns the same, started in another way; by the jar's name without its folders. */
  public LocalBuild launched(Launch how) {
    return new LocalBuild(command, jar, versionFile, limits, how, smoke);
  }

  /** Returns the same with a smoke check. */
  public LocalBuild smoke(Smoke check) {
    return new LocalBuild(command, jar, versionFile, limits, launch, Optional.of(check));
  }

  private static String nameOf(String jar) {
    return jar.substring(jar.lastIndexOf('/') + 1);
  }

  /**
   * Limits of a build.
   *
   * @param time after which it is ended; more than 0, at most 25 minutes; so long, too, its files
   *     may take to come
   * @param diskBytes for what it is given and all that it makes, looked at each second; for what it
   *     prints a sixteenth of that
   * @param memoryMb for the data of each of its processes, in MiB, 64 or more
   */
  public record Limits(Duration time, long diskBytes, int memoryMb) {

    private static final Duration LONGEST = Duration.ofMinutes(25);
    private static final long LEAST_BYTES = 1 << 20;
    private static final int LEAST_MB = 64;

    /** 15 minutes, 2 GiB on disk, 2 GiB of memory a process. */
    public static final Limits DEFAULT = new Limits(Duration.ofMinutes(15), 2L << 30, 2048);

    /**
     * Validates the limits.
     *
     * @throws IllegalArgumentException if one is out of its range
     */
    public Limits {
      Objects.requireNonNull(time, "time");
      if (time.isZero() || time.isNegative() || time.compareTo(LONGEST) > 0) {
        throw new IllegalArgumentException(
            "a build of " + time + " is not usable: expected more than 0, at most " + LONGEST);
      }
      if (diskBytes < LEAST_BYTES || diskBytes > ReleaseFile.MAX_LENGTH || memoryMb < LEAST_MB) {
        throw new IllegalArgumentException(
            "a build of "
                + diskBytes
                + " bytes and "
                + memoryMb
                + " MiB is not usable: expected at least "
                + LEAST_BYTES
                + " and "
                + LEAST_MB);
      }
    }
  }
}
