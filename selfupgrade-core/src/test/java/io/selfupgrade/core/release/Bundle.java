package io.selfupgrade.core.release;

import io.selfupgrade.agent.Version;
import io.selfupgrade.core.archive.RawTar;
import io.selfupgrade.core.local.DirectoryReleases;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.ReleaseSource;
import io.selfupgrade.upgrade.SignedDocument;
import io.selfupgrade.upgrade.Smoke;
import io.selfupgrade.upgrade.StateVersions;
import io.selfupgrade.upgrade.Trust;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** A signed and published release of the agent {@code bot}, made by the release tool. */
final class Bundle {

  static final String AGENT = "bot";
  static final Version VERSION = Version.parse("1.4.0");
  static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  static final Clock CLOCK = Clock.fixed(NOW, ZoneOffset.UTC);

  final Path out;
  final Path release;
  final SigningKeyFiles key;
  final Trust trust;
  final ReleaseTool tool = new ReleaseTool(CLOCK);

  private Bundle(Path root, ReleaseRecipe recipe) throws IOException, RefusalException {
    out = root.resolve("releases");
    key = tool.keygen(root.resolve("keys"), "release");
    trust = Trust.keys(Keys.file(key.publicKey()));
    release = tool.make(out, recipe);
    tool.sign(release, List.of(key.privateKey()));
    tool.publish(release, "stable", List.of(key.privateKey()));
  }

  static Bundle in(Path root) throws IOException, RefusalException {
    return new Bundle(root, recipe(root, VERSION, "first"));
  }

  /** One that has a zip and a tar.gz too, with two files each. */
  static Bundle withArchives(Path root) throws IOException, RefusalException {
    return new Bundle(root, recipeWithArchives(root, "first"));
  }

  static ReleaseRecipe recipeWithArchives(Path root, String mark) throws IOException {
    ReleaseRecipe recipe = recipe(root, VERSION, mark);
    Path zip = root.resolve("input-" + mark).resolve("models.zip");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
      for (String name : List.of("small/a.bin", "large/a.bin")) {
        out.putNextEntry(new ZipEntry(name));
        out.write((name + mark).getBytes(StandardCharsets.US_ASCII));
      }
    }
    Path tar = zip.resolveSibling("prompts.tar.gz");
    RawTar packed =
        new RawTar().file("greeting.txt", "Hello " + mark).file("bye.txt", "Bye " + mark);
    Files.write(tar, packed.gz());
    return recipe.archive("models", zip).archive("prompts", tar);
  }

  /** A recipe with a jar, another file and all settings; the mark is the content of the files. */
  static ReleaseRecipe recipe(Path root, Version version, String mark) throws IOException {
    Path jar = Files.createDirectories(root.resolve("input-" + mark)).resolve("bot.jar");
    Path model = jar.resolveSibling("model.txt");
    Files.writeString(jar, "jar " + mark);
    Files.writeString(model, "model " + mark);
    return ReleaseRecipe.of(AGENT, version)
        .jar(jar)
        .file("data/model.txt", model)
        .jvmArgs(List.of("-Xshare:auto", "-Dpath=a b=c"))
        .args(List.of("--serve", "", "caf\u00e9 \"x\"\n"))
        .heapMb(64)
        .smoke(new Smoke(List.of("--smoke"), Duration.ofSeconds(20), 32))
        .commit("0123456789abcdef0123456789abcdef01234567")
        .expires(NOW.plus(Duration.ofDays(90)))
        .state(new StateVersions(1, 3, 2));
  }

  ReleaseSource source() {
    return DirectoryReleases.in(out);
  }

  SignedDocument manifest() throws IOException {
    return source().manifest(VERSION, ManifestCodec.MAX_BYTES).orElseThrow();
  }

  SignedDocument index() throws IOException {
    return source().latest("stable", IndexCodec.MAX_BYTES).orElseThrow();
  }

  VerifiedRelease verified() throws IOException, RefusalException {
    return new TrustVerifier(trust).release(manifest(), AGENT, VERSION, NOW);
  }
}
