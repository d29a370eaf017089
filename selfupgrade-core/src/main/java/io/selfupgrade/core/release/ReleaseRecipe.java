package io.selfupgrade.core.release;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.KeyChange;
import io.selfupgrade.upgrade.Smoke;
import io.selfupgrade.upgrade.StateVersions;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What {@link ReleaseTool#make} makes a release of: files on this machine, and how to launch them.
 *
 * <p>Needed is a jar, or a main class with its class path. Not thread-safe; each method returns the
 * recipe itself.
 */
public final class ReleaseRecipe {

  private final AgentName name;
  private final Version version;
  private final List<Path> classpath = new ArrayList<>();
  private final List<String> jvmArgs = new ArrayList<>();
  private final List<String> args = new ArrayList<>();
  private final Map<String, Path> files = new LinkedHashMap<>();
  private final Map<String, Path> archives = new LinkedHashMap<>();
  private @Nullable Path jar;
  private String mainClass = "";
  private OptionalInt heapMb = OptionalInt.empty();
  private @Nullable Smoke smoke;
  private String commit = "";
  private @Nullable Instant expires;
  private KeyChange keys = KeyChange.NONE;
  private StateVersions state = StateVersions.FIRST;
  private int launcherProtocol = 1;
  private @Nullable Path migrations;
  private @Nullable Path libraryMigrations;

  private ReleaseRecipe(AgentName name, Version version) {
    this.name = name;
    this.version = version;
  }

  /**
   * Begins a recipe for a version of an agent.
   *
   * @throws IllegalArgumentException if the name is no agent's name or there is no version
   */
  public static ReleaseRecipe of(String agent, Version version) {
    if (version.equals(Version.UNVERSIONED)) {
      throw new IllegalArgumentException("a release needs a version, such as 1.4.0");
    }
    return new ReleaseRecipe(new AgentName(agent), version);
  }

  /** Launches by this executable jar, which lies at the top of the release. */
  public ReleaseRecipe jar(Path file) {
    this.jar = Objects.requireNonNull(file, "file");
    return this;
  }

  /** Launches by this class, found on the {@link #classpath}. */
  public ReleaseRecipe mainClass(String className) {
    this.mainClass = Objects.requireNonNull(className, "className");
    return this;
  }

  /** Adds jars, and directories that are packed as jars, to the class path, below {@code lib/}. */
  public ReleaseRecipe classpath(List<Path> entries) {
    this.classpath.addAll(entries);
    return this;
  }

  /**
   * Adds another file.
   *
   * @param path its path in the release
   * @param file where it lies now
   * @throws IllegalArgumentException if the path is taken
   */
  public ReleaseRecipe file(String path, Path file) {
    if (files.putIfAbsent(path, Objects.requireNonNull(file, "file")) != null) {
      throw new IllegalArgumentException("file " + path + " is named twice");
    }
    return this;
  }

  /**
   * Adds an archive, which agents unpack: each file in it is then checked as the others are.
   *
   * @param folder where it is unpacked, such as {@code models}; nothing else may lie there
   * @param file where it lies now: a {@code .zip}, {@code .tar.gz} or {@code .tgz}
   * @throws IllegalArgumentException if the folder is taken
   */
  public ReleaseRecipe archive(String folder, Path file) {
    if (archives.putIfAbsent(folder, Objects.requireNonNull(file, "file")) != null) {
      throw new IllegalArgumentException("folder " + folder + " is named twice");
    }
    return this;
  }

  /** Adds arguments of the JVM. */
  public ReleaseRecipe jvmArgs(List<String> arguments) {
    this.jvmArgs.addAll(arguments);
    return this;
  }

  /** Adds arguments of the program. */
  public ReleaseRecipe args(List<String> arguments) {
    this.args.addAll(arguments);
    return this;
  }

  /** Limits the heap, in MiB; without it the JVM chooses. */
  public ReleaseRecipe heapMb(int mib) {
    this.heapMb = OptionalInt.of(mib);
    return this;
  }

  /** Tries the release by this check before it is accepted; without it by none of its own. */
  public ReleaseRecipe smoke(Smoke check) {
    this.smoke = Objects.requireNonNull(check, "check");
    return this;
  }

  /** Names the source commit that it was built from. */
  public ReleaseRecipe commit(String hash) {
    this.commit = Objects.requireNonNull(hash, "hash");
    return this;
  }

  /** Lets the release be installed before this time only; without it there is no such time. */
  public ReleaseRecipe expires(Instant time) {
    this.expires = Objects.requireNonNull(time, "time");
    return this;
  }

  /**
   * Brings and revokes keys, from the moment that an agent has confirmed the release.
   *
   * <p>It must be signed by each key that it brings, besides enough of those that count before.
   */
  public ReleaseRecipe keys(KeyChange change) {
    this.keys = Objects.requireNonNull(change, "change");
    return this;
  }

  /** Says which state it reads and writes; without it state version 1. */
  public ReleaseRecipe state(StateVersions versions) {
    this.state = Objects.requireNonNull(versions, "versions");
    return this;
  }

  /** Asks for a launcher of this protocol or a newer one; 1 without it. */
  public ReleaseRecipe launcherProtocol(int protocol) {
    this.launcherProtocol = protocol;
    return this;
  }

  /** Ships the host's own migrations: the {@code <timestamp>_<name>.sql} of this directory. */
  public ReleaseRecipe migrations(Path directory) {
    this.migrations = Objects.requireNonNull(directory, "directory");
    return this;
  }

  /**
   * Takes the library's migrations from this jar.
   *
   * <p>Without it they are those at {@code supabase/migrations} in the release's own jars and in
   * the jars within these; none if there are none.
   */
  public ReleaseRecipe libraryMigrations(Path file) {
    this.libraryMigrations = Objects.requireNonNull(file, "file");
    return this;
  }

  AgentName name() {
    return name;
  }

  Version version() {
    return version;
  }

  Optional<Path> jar() {
    return Optional.ofNullable(jar);
  }

  String mainClass() {
    return mainClass;
  }

  List<Path> classpath() {
    return classpath;
  }

  Map<String, Path> files() {
    return files;
  }

  Map<String, Path> archives() {
    return archives;
  }

  List<String> jvmArgs() {
    return jvmArgs;
  }

  List<String> args() {
    return args;
  }

  OptionalInt heapMb() {
    return heapMb;
  }

  Optional<Smoke> smoke() {
    return Optional.ofNullable(smoke);
  }

  String commit() {
    return commit;
  }

  Optional<Instant> expires() {
    return Optional.ofNullable(expires);
  }

  KeyChange keys() {
    return keys;
  }

  StateVersions state() {
    return state;
  }

  int launcherProtocol() {
    return launcherProtocol;
  }

  Optional<Path> migrations() {
    return Optional.ofNullable(migrations);
  }

  Optional<Path> libraryMigrations() {
    return Optional.ofNullable(libraryMigrations);
  }
}
