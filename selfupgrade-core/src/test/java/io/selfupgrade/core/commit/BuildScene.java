package io.selfupgrade.core.commit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.core.release.ReleaseRecipe;
import io.selfupgrade.core.release.ReleaseTool;
import io.selfupgrade.core.release.SigningKeyFiles;
import io.selfupgrade.launcher.Home;
import io.selfupgrade.upgrade.CommitSigners;
import io.selfupgrade.upgrade.CommitSource;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.LocalBuild;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.Trust;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;

/** A home with version 1.0.0, and a repository of which a commit is built by {@code build.sh}. */
final class BuildScene {

  static final AgentName AGENT = new AgentName("bot");
  static final String JAR = "target/bot.jar";
  static final String COPY = "mkdir target && cp prebuilt.bin target/bot.jar\n";
  static final SshKey KEY = SshKey.ed25519();

  private static final int LIMIT = 64 << 10;

  final Path directory;
  final Home home;
  final ShownCommit commits = new ShownCommit();
  final ReleaseTool tool = new ReleaseTool(Clock.systemUTC());
  LocalBuild recipe =
      LocalBuild.of(JAR, "VERSION", "sh", "build.sh")
          .within(new LocalBuild.Limits(Duration.ofSeconds(30), 64L << 20, 256));
  CommitSigners signers = CommitSigners.parse(KEY.line());
  private final byte[] prebuilt = jar();

  BuildScene(Path directory) throws Exception {
    this.directory = directory;
    this.home = Home.at(directory.resolve("home"));
    SigningKeyFiles key = tool.keygen(directory.resolve("keys"), "release");
    Path jar = Files.write(directory.resolve("first.jar"), prebuilt);
    Path release =
        tool.make(
            directory.resolve("made"),
            ReleaseRecipe.of(AGENT.value(), Version.parse("1.0.0")).jar(jar));
    tool.sign(release, List.of(key.privateKey()));
    tool.install(home.root(), release, Trust.keys(Keys.file(key.publicKey())));
  }

  /** Returns the files of a commit of version 1.1.0 whose build runs this, after it left a mark. */
  OwnGit git(String script) throws IOException {
    return new OwnGit()
        .file("VERSION", "1.1.0\n")
        .file("build.sh", "set -e\ntouch " + mark() + "\n" + script)
        .put("prebuilt.bin", OwnGit.FILE, prebuilt)
        .put("tools/run", OwnGit.EXECUTABLE, new byte[] {'#', '!'})
        .file("tools.txt", "sorted behind the directory, before it by name\n")
        .file("src/main/deep/er/File.java", "class File {}\n");
  }

  /** Returns the file that a build leaves. */
  Path mark() {
    return directory.resolve("ran");
  }

  CommitReleases open() throws IOException {
    return open(commits);
  }

  CommitReleases open(CommitSource source) throws IOException {
    return CommitReleases.open(
        source,
        signers,
        recipe,
        new CommitReleases.Running(home, AGENT, Version.parse("1.0.0"), home.slot("1.0.0")),
        tool);
  }

  /** Looks, and returns why that is refused. */
  Reason refusal() throws IOException {
    CommitReleases releases = open();
    releases.seek("stable");
    return refusal(releases);
  }

  static Reason refusal(CommitReleases releases) {
    Throwable thrown = catchThrowable(() -> releases.latest("stable", LIMIT));
    assertThat(thrown).isInstanceOf(IOException.class).hasCauseInstanceOf(RefusalException.class);
    return ((RefusalException) thrown.getCause()).reason();
  }

  /** Looks, and returns the directory of the release that was built. */
  Path built(String version) throws Exception {
    CommitReleases releases = open();
    releases.seek("stable");
    assertThat(releases.latest("stable", LIMIT)).isPresent();
    Path release = releases().resolve(version);
    assertThat(tool.verify(release, releases.trust()).version()).hasToString(version);
    return release;
  }

  Path releases() {
    return home.root().resolve("builds/releases");
  }

  void assertNothingBuilt() {
    assertThat(releases()).isEmptyDirectory();
    assertThat(home.root().resolve("builds/work")).doesNotExist();
  }

  private static byte[] jar() throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, "Nothing");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JarOutputStream jar = new JarOutputStream(bytes, manifest)) {
      jar.putNextEntry(new ZipEntry("Nothing.class"));
    }
    return bytes.toByteArray();
  }
}
