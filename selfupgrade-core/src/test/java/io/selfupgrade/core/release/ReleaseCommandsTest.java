package io.selfupgrade.core.release;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReleaseCommandsTest {

  @TempDir private Path root;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @BeforeEach
  void writeAJar() throws Exception {
    writeJar("bot.jar", "bot.Main", "bot/Main.class");
  }

  private void writeJar(String name, String main, String... entries) throws Exception {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    if (!main.isEmpty()) {
      manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, main);
    }
    try (OutputStream file = Files.newOutputStream(root.resolve(name));
        JarOutputStream jar = new JarOutputStream(file, manifest)) {
      for (String entry : entries) {
        jar.putNextEntry(new JarEntry(entry));
        jar.closeEntry();
      }
    }
  }

  @Test
  void whatNoJvmCouldStartIsNotMade() throws Exception {
    writeJar("plain.jar", "", "bot/Main.class");
    writeJar("empty.jar", "bot.Main");
    Files.writeString(root.resolve("text.jar"), "no jar");

    assertNotMade("has no Main-Class in its manifest", "--jar", at("plain.jar"));
    assertNotMade("bot.Main, which is not in it", "--jar", at("empty.jar"));
    assertNotMade("is no jar", "--jar", at("text.jar"));
    assertNotMade(
        "main class bot.Other is in none of",
        "--main-class",
        "bot.Other",
        "--classpath",
        at("plain.jar"));
    assertThat(make("--main-class", "bot.Main", "--classpath", at("plain.jar"))).isZero();
  }

  private void assertNotMade(String said, String... launch) {
    err.reset();
    assertThat(make(launch)).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains(said);
  }

  private int make(String... launch) {
    List<String> args = new ArrayList<>(List.of("make", at("made")));
    args.addAll(List.of("--name=bot", "--version=1.0.0"));
    args.addAll(List.of(launch));
    return run(args.toArray(String[]::new));
  }

  @Test
  void theCommandsLeadFromAKeyToAnInstalledRelease() {
    assertThat(run("keygen", at("keys"), "--name=k")).isZero();
    assertThat(
            run(
                "make",
                at("out"),
                "--name",
                "bot",
                "--version=1.0.0",
                "--jar",
                at("bot.jar"),
                "--file",
                "conf/a.txt=" + at("bot.jar"),
                "--jvm-arg",
                "-Xshare:auto",
                "--arg=--serve",
                "--smoke-arg",
                "--smoke",
                "--smoke-timeout",
                "5",
                "--expires",
                "P90D",
                "--state-reads",
                "1..2",
                "--state-writes",
                "2"))
        .isZero();
    assertThat(run("verify", at("out/1.0.0"), "--key", at("keys/k.pub"))).isEqualTo(1);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("refused: TOO_FEW_SIGNATURES");
    assertThat(run("sign", at("out/1.0.0"), "--key", at("keys/k.key"))).isZero();
    assertThat(run("publish", at("out/1.0.0"), "--expires=P1D", "--key", at("keys/k.key")))
        .isZero();
    assertThat(run("verify", at("out/1.0.0"), "--key", at("keys/k.pub"))).isZero();
    assertThat(run("install", at("home"), at("out/1.0.0"), "--key", at("keys/k.pub"))).isZero();

    assertThat(root.resolve("home/current")).hasContent("1.0.0");
    assertThat(root.resolve("out/latest.json"))
        .content()
        .contains("\"expires\": \"" + Bundle.NOW.plusSeconds(86_400) + "\"");
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("verified bot 1.0.0: 2 files, ", "no change of keys")
        .contains("serial 1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "deploy",
        "keygen",
        "keygen a b",
        "keygen a --names x",
        "keygen a --name",
        "sign out/1.0.0",
        "make out --name bot --version 1 --jar x",
        "make out --name bot --version 1.0.0",
        "make out --name bot --version 1.0.0 --jar a --jar b",
        "make out --name bot --version 1.0.0 --jar absent.jar",
        "make out --name bot --version 1.0.0 --jar a --heap-mb many",
        "make out --name bot --version 1.0.0 --jar a --expires soon",
        "make out --name bot --version 1.0.0 --jar a --state-reads 1",
        "verify out/1.0.0 --key absent.pub --threshold x",
        "verify out/latest --key x",
      })
  void wrongUsageSaysWhatIsExpected(String command) {
    List<String> args = command.isEmpty() ? List.of() : List.of(command.split(" "));

    int code = run(args.toArray(String[]::new));

    assertThat(code).isIn(1, 2);
    assertThat(err.toString(StandardCharsets.UTF_8)).isNotBlank();
  }

  @Test
  void theToolRunsAsAProgramOfItsOwn() throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-cp");
    command.add(
        System.getProperty("java.class.path").replace(File.pathSeparator + File.pathSeparator, ""));
    command.add(ReleaseTool.class.getName());
    command.addAll(List.of("sign", at("absent/1.0.0"), "--key", at("absent.key")));

    Process process = new ProcessBuilder(command).start();
    String said = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(1);
    assertThat(said).contains("absent.key").doesNotContain("\tat ");
  }

  private String at(String path) {
    return root.resolve(path).toString();
  }

  private int run(String... args) {
    return new ReleaseCommands(
            new ReleaseTool(Bundle.CLOCK),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8))
        .run(List.of(args));
  }
}
