package io.selfupgrade.examples.quickstart;

import io.selfupgrade.agent.Version;
import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.core.release.ReleaseRecipe;
import io.selfupgrade.core.release.ReleaseTool;
import io.selfupgrade.core.release.SigningKeyFiles;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.Smoke;
import io.selfupgrade.upgrade.Trust;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.Deflater;

/** Builds, signs and publishes the releases of the story, as a team's build would do it. */
final class Releases {

  private static final String CHANNEL = "stable";
  private static final String SELF = "io/selfupgrade/examples/quickstart/";
  private static final String AGENT = SELF + "QuickstartAgent";
  private static final List<String> NOT_FOR_THE_AGENT =
      List.of("bundled/", "org/apache/commons/compress/", "org/tukaani/");

  private static final List<String> LOG_WITH_TIME =
      List.of(
          "-Dorg.slf4j.simpleLogger.showDateTime=true",
          "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
          "-Dorg.slf4j.simpleLogger.showShortLogName=true");

  private final Path directory;
  private final ReleaseTool tool;
  private final SigningKeyFiles key;
  private final Path agentJar;

  Releases(Path root, Clock clock) throws IOException {
    directory = Files.createDirectories(root.resolve("releases"));
    tool = new ReleaseTool(clock);
    key = tool.keygen(root.resolve("keys"), "release");
    agentJar = root.resolve("agent.jar");
    writeAgentJar(Programs.ownJar(), agentJar);
  }

  Path directory() {
    return directory;
  }

  Path publicKey() {
    return key.publicKey();
  }

  /** Installs the first version into a home, as a person does once. */
  void install(String version, Path home) throws IOException, RefusalException {
    Path release = makeSigned(version, List.of());
    tool.install(home, release, Trust.keys(Keys.file(key.publicKey())));
  }

  /**
   * Makes a release, signs it, and names it the newest.
   *
   * @param flaws options of the program that make this version misbehave
   */
  void publish(String version, String... flaws) throws IOException, RefusalException {
    publish(makeSigned(version, List.of(flaws)));
  }

  /** Does the same, but changes one byte of the program after it was signed. */
  void publishTampered(String version) throws IOException, RefusalException {
    Path release = makeSigned(version, List.of());
    Path program = release.resolve(agentJar.getFileName());
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rw-------"));
    try (RandomAccessFile file = new RandomAccessFile(program.toFile(), "rw")) {
      long middle = file.length() / 2;
      file.seek(middle);
      int old = file.read();
      file.seek(middle);
      file.write(old ^ 1);
    }
    publish(release);
  }

  private Path makeSigned(String version, List<String> flaws) throws IOException, RefusalException {
    List<String> smokeArgs = new ArrayList<>(List.of("--smoke"));
    smokeArgs.addAll(flaws);
    // region recipe
    Path release =
        tool.make(
            directory,
            ReleaseRecipe.of("quickstart", Version.parse(version))
                .jar(agentJar)
                .args(flaws)
                .jvmArgs(Programs.QUICK_JVM)
                .jvmArgs(LOG_WITH_TIME)
                .heapMb(64)
                .smoke(new Smoke(smokeArgs, Duration.ofSeconds(20), 64)));
    tool.sign(release, List.of(key.privateKey()));
    // endregion
    return release;
  }

  private void publish(Path release) throws IOException, RefusalException {
    tool.publish(release, CHANNEL, List.of(key.privateKey()));
  }

  /**
   * The agent's program: this jar without the database server and without the rest of the story.
   */
  private static void writeAgentJar(Path all, Path target) throws IOException {
    Manifest manifest = new Manifest();
    Attributes main = manifest.getMainAttributes();
    main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    main.put(Attributes.Name.MAIN_CLASS, QuickstartAgent.class.getName());
    main.put(new Attributes.Name("Multi-Release"), "true");
    try (JarFile source = new JarFile(all.toFile());
        JarOutputStream jar =
            new JarOutputStream(new FileOutputStream(target.toFile()), manifest)) {
      jar.setLevel(Deflater.BEST_SPEED);
      Enumeration<JarEntry> entries = source.entries();
      while (entries.hasMoreElements()) {
        JarEntry entry = entries.nextElement();
        if (belongsToTheAgent(entry.getName())) {
          JarEntry copy = new JarEntry(entry.getName());
          copy.setTime(entry.getTime());
          jar.putNextEntry(copy);
          try (InputStream content = source.getInputStream(entry)) {
            content.transferTo(jar);
          }
          jar.closeEntry();
        }
      }
    }
  }

  private static boolean belongsToTheAgent(String name) {
    boolean story = name.startsWith(SELF) && !name.startsWith(AGENT) && !name.endsWith("/");
    return !story
        && !name.endsWith(".txz")
        && !name.equals(JarFile.MANIFEST_NAME)
        && !name.equals("META-INF/")
        && NOT_FOR_THE_AGENT.stream().noneMatch(name::startsWith);
  }
}
