package io.selfupgrade.core.local;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.launcher.Candidate;
import io.selfupgrade.launcher.Disk;
import io.selfupgrade.launcher.DurableFile;
import io.selfupgrade.launcher.Home;
import io.selfupgrade.launcher.InstanceLock;
import io.selfupgrade.launcher.Journal;
import io.selfupgrade.launcher.JournalEntry;
import io.selfupgrade.launcher.Reaped;
import io.selfupgrade.launcher.RequestKind;
import io.selfupgrade.launcher.RunDirectory;
import io.selfupgrade.launcher.StateFile;
import io.selfupgrade.launcher.TrialState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The agent's side of the file contract with the launcher that started it.
 *
 * <p>Thread-safe. Trouble with the files is an {@link AdapterException} of port {@code Launcher}.
 */
public final class LauncherLink implements AutoCloseable {

  private static final String PORT = "Launcher";

  private final Home home;
  private final Path slot;
  private final InstanceId instance;
  private final int protocol;
  private @Nullable InstanceLock lock;

  private LauncherLink(Home home, Path slot, InstanceId instance, int protocol) {
    this.home = home;
    this.slot = slot;
    this.instance = instance;
    this.protocol = protocol;
  }

  /**
   * Reads what a launcher passes to its children; empty for a process that no launcher started.
   *
   * @param environment the process's environment
   * @throws IllegalArgumentException if it is there in part, or damaged
   */
  public static Optional<LauncherLink> from(Map<String, String> environment) {
    return from(environment, Disk.REAL);
  }

  /**
   * Reads what a launcher passes to its children; the link writes on that disk.
   *
   * @throws IllegalArgumentException if it is there in part, or damaged
   */
  public static Optional<LauncherLink> from(Map<String, String> environment, Disk disk) {
    String home = environment.get("SELFUPGRADE_HOME");
    String slot = environment.get("SELFUPGRADE_SLOT");
    String instance = environment.get("SELFUPGRADE_INSTANCE");
    if (home == null || slot == null || instance == null) {
      return Optional.empty();
    }
    int protocol = Integer.parseInt(environment.getOrDefault("SELFUPGRADE_PROTOCOL", "1"));
    return Optional.of(
        new LauncherLink(
            Home.at(Path.of(home), disk), Path.of(slot), InstanceId.parse(instance), protocol));
  }

  /** Returns the home directory. */
  public Home home() {
    return home;
  }

  /** Returns the home directory's path. */
  public Path root() {
    return home.root();
  }

  /** Returns the slot that this process was started from. */
  public Path slot() {
    return slot;
  }

  /** Returns this process's identity, as the launcher gave it. */
  public InstanceId instance() {
    return instance;
  }

  /** Returns the launcher protocol that the running launcher speaks. */
  public int protocol() {
    return protocol;
  }

  /** Returns version and build of the slot. */
  public Slot version() {
    Path file = slot.resolve("launch.properties");
    try {
      StateFile launch =
          StateFile.read(file)
              .orElseThrow(() -> new IOException(file + " is missing: the slot is damaged"));
      return new Slot(
          Version.parse(launch.requireText("version")), launch.requireText("manifestSha256"));
    } catch (IOException e) {
      throw trouble("reading " + file, e);
    }
  }

  /** Takes the instance's lock for life; idempotent. */
  public synchronized void takeLock() {
    if (lock == null) {
      try {
        lock = InstanceLock.take(run());
      } catch (IOException e) {
        throw new AdapterException(PORT, "taking the instance's lock failed: " + e, false, e);
      }
    }
  }

  /** Returns the trial that the launcher keeps, whosever it is. */
  public Optional<Candidate> candidate() {
    try {
      return Candidate.read(home);
    } catch (IOException e) {
      throw trouble("reading " + home.candidate(), e);
    }
  }

  /** Returns the upgrade that this process was started for as the candidate. */
  public Optional<UUID> ownTrial() {
    return candidate()
        .filter(candidate -> candidate.isInstance(instance.value()))
        .map(Candidate::upgrade);
  }

  /** Asks the launcher to start a candidate beside this process. */
  public void askForCandidate(UUID upgrade, Version version, long epoch, Duration limit) {
    write(
        RequestKind.TRY,
        decision(upgrade, epoch)
            .with("version", version.toString())
            .with("limitMillis", limit.toMillis()));
  }

  /** Asks the launcher to start a candidate in the place of this process, once it leads. */
  public void askForSuccessor(
      UUID upgrade, Version version, InstanceId next, Fence fence, Duration limit) {
    write(
        RequestKind.TRY,
        decision(upgrade, fence.epoch())
            .with("version", version.toString())
            .with("limitMillis", limit.toMillis())
            .with("alone", next.toString()));
  }

  /** Tells whether the launcher had asked an instance to end that is dead now. */
  public boolean wasStopped(InstanceId other) {
    try {
      return Reaped.read(home.run(other.value())).filter(Reaped::stopped).isPresent();
    } catch (IOException e) {
      throw trouble("reading " + home.run(other.value()).reaped(), e);
    }
  }

  /** Tells the launcher that this process is up. */
  public void announceReady(Optional<UUID> upgrade, Duration drain) {
    StateFile state = StateFile.empty().with("epoch", 0).with("drainMillis", drain.toMillis());
    write(RequestKind.READY, upgrade.map(id -> state.with("upgrade", id.toString())).orElse(state));
  }

  /** Tells whether a candidate has announced that it is up. */
  public boolean isReady(InstanceId candidate) {
    return Files.exists(home.run(candidate.value()).request(RequestKind.READY));
  }

  /** Passes a decision of the journal on. */
  public void announce(RequestKind kind, UUID upgrade, long epoch) {
    write(kind, decision(upgrade, epoch));
  }

  /** Tells the launcher not to start this process again. */
  public void announceStopping() {
    write(RequestKind.STOPPING, StateFile.empty().with("epoch", 0));
  }

  /** Asks the launcher to stop this process and to start it again at once. */
  public void askForRestart() {
    write(RequestKind.RESTART, StateFile.empty().with("epoch", 0));
  }

  /** Asks the launcher to start that instance of the confirmed version beside this process. */
  public void askForRelief(InstanceId next) {
    write(RequestKind.RESTART, StateFile.empty().with("epoch", 0).with("relief", next.toString()));
  }

  /** Tells the launcher that this process goes on, without a relief. */
  public void withdrawRestart() {
    write(RequestKind.RESTART, StateFile.empty().with("epoch", 0).with("withdrawn", 1));
  }

  /** Tells whether this process was started to take the place of another one of its version. */
  public boolean isRelief() {
    try {
      return StateFile.read(run().child())
          .flatMap(child -> child.text("role"))
          .equals(Optional.of("relief"));
    } catch (IOException e) {
      throw trouble("reading " + run().child(), e);
    }
  }

  /** Tells whether the launcher attests that an instance is dead. */
  public boolean attestsDeath(InstanceId other) {
    return Files.exists(home.run(other.value()).reaped());
  }

  /**
   * Tells how the launcher attests that an instance has ended; empty if it does not, or if the
   * attestation cannot be read.
   */
  public Optional<Reaped.Cause> causeOfDeath(InstanceId other) {
    try {
      return Reaped.read(home.run(other.value())).map(Reaped::cause);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * Tells whether a dead instance was a candidate that did not end by itself, as with its host or
   * its launcher, and whose version the launcher starts again for the same trial.
   */
  public boolean startsAgain(InstanceId dead) {
    Optional<Candidate> candidate =
        candidate().filter(found -> found.state() == TrialState.RUNNING);
    if (candidate.isEmpty()
        || causeOfDeath(dead).filter(cause -> cause != Reaped.Cause.EXITED).isEmpty()) {
      return false;
    }
    try {
      return StateFile.read(home.run(dead.value()).child())
          .flatMap(child -> child.text("upgrade"))
          .equals(Optional.of(candidate.get().upgrade().toString()));
    } catch (IOException e) {
      return false;
    }
  }

  /** Writes why a version failed to where the launcher sees it. */
  public void noteFailed(Version version, String why) {
    try {
      home.disk().createDirectories(home.failed());
      note(home.failed(version.toString()), why);
    } catch (IOException e) {
      throw trouble("writing " + home.failed(version.toString()), e);
    }
  }

  /** Takes a version off the launcher's list of failed ones. */
  public void forgetFailed(Version version) {
    try {
      DurableFile.remove(home.disk(), home.failed(version.toString()));
    } catch (IOException e) {
      throw trouble("deleting " + home.failed(version.toString()), e);
    }
  }

  /** Sets or removes the freeze flag; idempotent. */
  public void freeze(boolean frozen, String why) {
    try {
      if (frozen) {
        note(home.frozen(), why);
      } else {
        DurableFile.remove(home.disk(), home.frozen());
      }
    } catch (IOException e) {
      throw trouble("writing " + home.frozen(), e);
    }
  }

  /** Tells whether the freeze flag is there, or cannot be looked at. */
  public boolean frozen() {
    return !Files.notExists(home.frozen());
  }

  /** Returns since when the freeze flag is there; empty if it is not, or does not say. */
  public Optional<Instant> frozenSince() {
    try {
      return Optional.of(Files.getLastModifiedTime(home.frozen()).toInstant());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Returns the entries of the launcher's own journal after that sequence, oldest first. */
  public List<JournalEntry> journal(long sequence) {
    try {
      return Journal.read(home, sequence);
    } catch (IOException e) {
      throw trouble("reading " + home.journal(), e);
    }
  }

  /** Gives the lock back; for the very end of the process's use of the library. */
  @Override
  public synchronized void close() {
    if (lock != null) {
      try {
        lock.close();
      } catch (IOException e) {
        throw trouble("releasing the instance's lock", e);
      }
      lock = null;
    }
  }

  private void note(Path file, String why) throws IOException {
    DurableFile.replace(home.disk(), file, (why + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private static StateFile decision(UUID upgrade, long epoch) {
    return StateFile.empty().with("upgrade", upgrade.toString()).with("epoch", epoch);
  }

  private void write(RequestKind kind, StateFile state) {
    try {
      home.disk().createDirectories(run().path());
      state.write(home.disk(), run().request(kind));
    } catch (IOException e) {
      throw trouble("writing " + run().request(kind), e);
    }
  }

  private RunDirectory run() {
    return home.run(instance.value());
  }

  private static AdapterException trouble(String what, IOException cause) {
    return new AdapterException(PORT, what + " failed: " + cause, true, cause);
  }

  /**
   * What a slot holds.
   *
   * @param version its version
   * @param build SHA-256 of its manifest
   */
  public record Slot(Version version, String build) {}
}
