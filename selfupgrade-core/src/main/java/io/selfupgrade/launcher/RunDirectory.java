package io.selfupgrade.launcher;

import java.nio.file.Path;
import java.util.UUID;

/**
 * The files of one instance: {@code run/<instance>/}.
 *
 * @param home the home that it is in
 * @param instance the instance, random for each start
 */
public record RunDirectory(Home home, UUID instance) {
  /** Returns the directory, which need not exist. */
  public Path path() {
    return home.run().resolve(instance.toString());
  }

  /** Returns the disk that its files are written on. */
  public Disk disk() {
    return home.disk();
  }

  /** Returns the launcher's record of this child: role, version, pid, start, predecessor. */
  public Path child() {
    return path().resolve("child");
  }

  /** Returns the file that the agent holds an OS lock on for life; see {@link InstanceLock}. */
  public Path lock() {
    return path().resolve("lock");
  }

  /** Returns the file with standard output and standard error of the child. */
  public Path output() {
    return path().resolve("out.log");
  }

  /** Returns the attestation: present only after the instance is dead for certain. */
  public Path reaped() {
    return path().resolve("reaped");
  }

  /** Returns the file by which the agent asks for, or announces, {@code kind}. */
  public Path request(RequestKind kind) {
    return path().resolve(kind.fileName());
  }
}
