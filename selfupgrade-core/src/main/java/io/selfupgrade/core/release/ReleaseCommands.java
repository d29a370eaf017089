package io.selfupgrade.core.release;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.KeyChange;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.Smoke;
import io.selfupgrade.upgrade.StateVersions;
import io.selfupgrade.upgrade.Trust;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/** The command line of the release tool. */
final class ReleaseCommands {

  private static final int FAILED = 1;
  private static final int BAD_USAGE = 2;
  private static final int SMOKE_HEAP_MB = 256;
  private static final int SMOKE_SECONDS = 60;

  private static final String USAGE =
      """
      usage: release-tool COMMAND ...

        keygen DIR [--name NAME]
            makes a key pair: DIR/NAME.key (secret, keep it offline) and DIR/NAME.pub (what agents trust)
        make OUT --name AGENT --version VERSION
             (--jar FILE | --main-class CLASS --classpath JARS...)
             [--file PATH=FILE]... [--archive FOLDER=FILE]... [--jvm-arg ARG]... [--arg ARG]... [--heap-mb N]
             [--smoke-arg ARG]... [--smoke-timeout SECONDS] [--smoke-heap-mb N]
             [--migrations DIR] [--library-migrations JAR] [--commit HASH]
             [--expires TIME|DURATION] [--state-reads A..B --state-writes N]
             [--trust-key FILE]... [--revoke-key FILE|ID]... [--key-threshold N]
            makes the unsigned release OUT/VERSION; agents unpack an archive (.zip, .tar.gz) into FOLDER
        sign OUT/VERSION --key FILE...
            adds signatures; those of other keys stay
        publish OUT/VERSION [--channel NAME] [--expires TIME|DURATION] --key FILE...
            makes it the newest release of the channel (stable): writes and signs OUT/latest.json
        verify OUT/VERSION --key FILE... [--threshold N]
            checks signatures by these public keys, and every file
        install HOME OUT/VERSION --key FILE... [--threshold N]
            first install into a launcher's home, then: java -jar launcher.jar run HOME
        reinstall HOME OUT/VERSION --key FILE... [--threshold N]
            in the place of a version that cannot start, while no launcher runs

      Options may be written as --option VALUE or --option=VALUE. JARS are separated as in a class path.
      TIME is such as 2027-01-31T00:00:00Z, DURATION such as P90D.
      Exit code: 0 done, 1 refused or failed, 2 wrong usage.
      """;

  private final ReleaseTool tool;
  private final PrintStream out;
  private final PrintStream err;

  ReleaseCommands(ReleaseTool tool, PrintStream out, PrintStream err) {
    this.tool = tool;
    this.out = out;
    this.err = err;
  }

  /** Runs one command and returns its exit code. */
  int run(List<String> args) {
    if (args.isEmpty() || Set.of("help", "--help", "-h").contains(args.get(0))) {
      (args.isEmpty() ? err : out).print(USAGE);
      return args.isEmpty() ? BAD_USAGE : 0;
    }
    try {
      command(args.get(0), args.subList(1, args.size()));
      return 0;
    } catch (RefusalException e) {
      err.println("refused: " + e.reason());
      return FAILED;
    } catch (IOException | UncheckedIOException | AdapterException | IllegalStateException e) {
      err.println("failed: " + e.getMessage() + (e.getCause() == null ? "" : ": " + e.getCause()));
      return FAILED;
    } catch (IllegalArgumentException | DateTimeException e) {
      err.println("wrong usage: " + e.getMessage());
      err.println("see: release-tool help");
      return BAD_USAGE;
    }
  }

  private void command(String command, List<String> args) throws IOException, RefusalException {
    switch (command) {
      case "keygen" -> keygen(Arguments.parse(args, 1, Set.of("name")));
      case "make" -> make(Arguments.parse(args, 1, Arguments.MAKE));
      case "sign" -> sign(Arguments.parse(args, 1, Set.of("key")));
      case "publish" -> publish(Arguments.parse(args, 1, Set.of("key", "channel", "expires")));
      case "verify" -> verify(Arguments.parse(args, 1, Set.of("key", "threshold")));
      case "install" -> install(Arguments.parse(args, 2, Set.of("key", "threshold")));
      case "reinstall" -> reinstall(Arguments.parse(args, 2, Set.of("key", "threshold")));
      default ->
          throw new IllegalArgumentException(
              "unknown command "
                  + command
                  + ": expected keygen, make, sign, publish, verify, install or reinstall");
    }
  }

  private void keygen(Arguments args) throws IOException {
    SigningKeyFiles keys = tool.keygen(args.path(0), args.one("name").orElse("release"));
    out.println("key " + keys.id());
    out.println(
        "  secret: " + keys.privateKey() + " (keep it off the machines that it releases to)");
    out.println("  public: " + keys.publicKey() + " (what agents trust)");
  }

  private void make(Arguments args) throws IOException {
    ReleaseRecipe recipe =
        ReleaseRecipe.of(args.required("name"), Version.parse(args.required("version")));
    args.one("jar").ifPresent(jar -> recipe.jar(Path.of(jar)));
    args.one("main-class").ifPresent(recipe::mainClass);
    for (String classpath : args.all("classpath")) {
      List<Path> entries = new ArrayList<>();
      for (String entry : classpath.split(File.pathSeparator, -1)) {
        entries.add(Path.of(entry));
      }
      recipe.classpath(entries);
    }
    for (String file : args.all("file")) {
      recipe.file(before(file, "--file", "PATH"), Path.of(after(file)));
    }
    for (String archive : args.all("archive")) {
      recipe.archive(before(archive, "--archive", "FOLDER"), Path.of(after(archive)));
    }
    recipe.jvmArgs(args.all("jvm-arg")).args(args.all("arg"));
    args.number("heap-mb").ifPresent(recipe::heapMb);
    smoke(args).ifPresent(recipe::smoke);
    args.one("migrations").ifPresent(directory -> recipe.migrations(Path.of(directory)));
    args.one("library-migrations").ifPresent(jar -> recipe.libraryMigrations(Path.of(jar)));
    args.one("commit").ifPresent(recipe::commit);
    args.one("expires").ifPresent(time -> recipe.expires(tool.time(time)));
    state(args).ifPresent(recipe::state);
    recipe.keys(keys(args));
    LaunchCheck.require(recipe);
    out.println("made " + tool.make(args.path(0), recipe) + ", not yet signed");
  }

  private static String before(String pair, String option, String what) {
    int at = pair.indexOf('=');
    if (at < 1) {
      throw new IllegalArgumentException(option + " " + pair + ": expected " + what + "=FILE");
    }
    return pair.substring(0, at);
  }

  private static String after(String pair) {
    return pair.substring(pair.indexOf('=') + 1);
  }

  private void sign(Arguments args) throws IOException, RefusalException {
    List<Path> keys = args.paths("key");
    tool.sign(args.path(0), keys);
    out.println("signed " + args.path(0) + " with " + keys);
  }

  private void publish(Arguments args) throws IOException, RefusalException {
    ReleaseIndex index =
        tool.publish(
            args.path(0),
            args.one("channel").orElse("stable"),
            args.one("expires").map(tool::time),
            args.paths("key"));
    out.println(
        "published "
            + index.version()
            + " on channel "
            + index.channel()
            + ", serial "
            + index.serial());
  }

  private void verify(Arguments args) throws IOException, RefusalException {
    Release release = tool.verify(args.path(0), trust(args));
    out.println(
        "verified "
            + release.id().name()
            + " "
            + release.version()
            + ": "
            + release.files().size()
            + " files, "
            + release.totalBytes()
            + " bytes, "
            + release.keys().summary()
            + ", manifest "
            + release.id().manifestSha256());
  }

  private void install(Arguments args) throws IOException, RefusalException {
    installed(args, tool.install(args.path(0), args.path(1), trust(args)));
  }

  private void reinstall(Arguments args) throws IOException, RefusalException {
    installed(args, tool.reinstall(args.path(0), args.path(1), trust(args)));
  }

  private void installed(Arguments args, Path slot) {
    out.println("installed " + slot);
    out.println("start it with: java -jar launcher.jar run " + args.path(0));
  }

  private static Trust trust(Arguments args) {
    List<PublicKey> keys = new ArrayList<>();
    for (Path file : args.paths("key")) {
      keys.add(Keys.file(file));
    }
    return Trust.keys(keys).threshold(args.number("threshold").orElse(1));
  }

  private static KeyChange keys(Arguments args) {
    List<PublicKey> trusted = new ArrayList<>();
    for (String file : args.all("trust-key")) {
      trusted.add(Keys.file(Path.of(file)));
    }
    Set<String> revoked = new TreeSet<>();
    for (String key : args.all("revoke-key")) {
      revoked.add(Files.exists(Path.of(key)) ? Keys.id(Keys.file(Path.of(key))) : key);
    }
    Optional<Integer> threshold = args.number("key-threshold");
    return new KeyChange(
        trusted,
        revoked,
        threshold.isPresent() ? OptionalInt.of(threshold.get()) : OptionalInt.empty());
  }

  private static Optional<Smoke> smoke(Arguments args) {
    if (args.all("smoke-arg").isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Smoke(
            args.all("smoke-arg"),
            Duration.ofSeconds(args.number("smoke-timeout").orElse(SMOKE_SECONDS)),
            args.number("smoke-heap-mb").orElse(SMOKE_HEAP_MB)));
  }

  private static Optional<StateVersions> state(Arguments args) {
    Optional<String> reads = args.one("state-reads");
    Optional<Integer> writes = args.number("state-writes");
    if (reads.isEmpty() && writes.isEmpty()) {
      return Optional.empty();
    }
    String[] range = reads.orElse("").split("\\.\\.", -1);
    if (range.length != 2 || writes.isEmpty()) {
      throw new IllegalArgumentException(
          "state versions: expected both of --state-reads A..B and --state-writes N");
    }
    return Optional.of(
        new StateVersions(
            Arguments.number("state-reads", range[0]),
            Arguments.number("state-reads", range[1]),
            writes.get()));
  }
}
