package io.selfupgrade.core.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.ReleaseFile;
import io.selfupgrade.upgrade.Trust;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReleaseToolTest {

  private static final String MIGRATION = "20260101000000_first.sql";

  @TempDir private Path root;
  private final ReleaseTool tool = new ReleaseTool(Bundle.CLOCK);

  @Nested
  class Keygen {

    @Test
    void theSecretIsItsOwnersOnly() throws Exception {
      SigningKeyFiles keys = tool.keygen(root.resolve("keys"), "release");

      assertThat(keys.privateKey()).isEqualTo(root.resolve("keys/release.key"));
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(keys.privateKey())))
          .isEqualTo("rw-------");
      assertThat(Keys.id(Keys.file(keys.publicKey()))).isEqualTo(keys.id());
      assertThat(SigningKey.read(keys.privateKey()).id()).isEqualTo(keys.id());
    }

    @Test
    void aKeyIsNeverOverwritten() throws Exception {
      SigningKeyFiles keys = tool.keygen(root, "release");
      Files.delete(keys.privateKey());

      assertThatThrownBy(() -> tool.keygen(root, "release"))
          .isInstanceOf(FileAlreadyExistsException.class);
      assertThat(keys.privateKey()).doesNotExist();
    }

    @Test
    void opensslReadsOurKeysAndWeReadIts() throws Exception {
      Assumptions.assumeTrue(
          Files.isExecutable(Path.of("/usr/bin/openssl")), "install openssl to run this test");
      SigningKeyFiles ours = tool.keygen(root, "ours");
      Path public2 = root.resolve("ours2.pub");
      openssl("pkey", "-in", ours.privateKey().toString(), "-pubout", "-out", public2.toString());
      assertThat(public2).hasSameTextualContentAs(ours.publicKey());

      Path theirs = root.resolve("theirs.key");
      openssl("genpkey", "-algorithm", "ed25519", "-out", theirs.toString());
      openssl(
          "pkey", "-in", theirs.toString(), "-pubout", "-out", root.resolve("t.pub").toString());
      assertThat(SigningKey.read(theirs).id()).isEqualTo(Keys.id(Keys.file(root.resolve("t.pub"))));
    }

    @Test
    void whatIsNoKeyIsSaidToBeNone() throws Exception {
      SigningKeyFiles keys = tool.keygen(root, "release");

      assertThatThrownBy(() -> SigningKey.read(keys.publicKey())).hasMessageContaining("keygen");
      assertThat(SigningKey.read(keys.privateKey()).toString())
          .hasSize("SigningKey[]".length() + 32);
    }
  }

  @Nested
  class Make {

    @Test
    void aReleaseIsNeverChanged() throws Exception {
      Bundle bundle = Bundle.in(root);

      assertThatThrownBy(() -> tool.make(bundle.out, Bundle.recipe(root, Bundle.VERSION, "second")))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("never changed");
      assertThat(bundle.out.toFile().list())
          .containsExactlyInAnyOrder("1.4.0", "latest.json", "latest.json.sig");
    }

    @Test
    void aRecipeThatGivesNoReleaseLeavesNothing() throws Exception {
      ReleaseRecipe noProgram = ReleaseRecipe.of("bot", Bundle.VERSION);
      ReleaseRecipe absent =
          ReleaseRecipe.of("bot", Bundle.VERSION).jar(root.resolve("absent.jar"));
      ReleaseRecipe outside =
          Bundle.recipe(root, Bundle.VERSION, "x").file("../x", root.resolve("input-x/bot.jar"));

      for (ReleaseRecipe recipe : List.of(noProgram, absent, outside)) {
        assertThatThrownBy(() -> tool.make(root.resolve("out"), recipe))
            .isInstanceOf(IllegalArgumentException.class);
        assertThat(root.resolve("out")).isEmptyDirectory();
      }
    }

    @Test
    void directoriesOfTheClasspathArePackedTheSameEachTime() throws Exception {
      Path classes = Files.createDirectories(root.resolve("target/classes/a"));
      Files.writeString(classes.resolve("A.class"), "a");
      Path other = Files.createDirectories(root.resolve("other/classes"));
      Files.writeString(other.resolve("B.class"), "b");
      List<List<ReleaseFile>> made = new ArrayList<>();
      for (String out : List.of("one", "two")) {
        Path release =
            tool.make(
                root.resolve(out),
                ReleaseRecipe.of("bot", Bundle.VERSION)
                    .mainClass("a.A")
                    .classpath(List.of(classes.getParent(), other)));
        Release read = ManifestCodec.read(release);
        assertThat(read.launch().classpath())
            .containsExactly("lib/classes.jar", "lib/2-classes.jar");
        made.add(read.files());
      }
      assertThat(made.get(0)).isEqualTo(made.get(1));
    }

    @Test
    void theLibrarysAndTheHostsMigrationsAreShipped() throws Exception {
      Path library = jar(root.resolve("store.jar"), "supabase/migrations/" + MIGRATION, "library");
      Path fat = root.resolve("fat.jar");
      try (OutputStream out = Files.newOutputStream(fat);
          ZipOutputStream zip = new ZipOutputStream(out)) {
        zip.putNextEntry(new ZipEntry("BOOT-INF/lib/store.jar"));
        Files.copy(library, zip);
      }
      Path host = Files.createDirectories(root.resolve("sql"));
      Files.writeString(host.resolve("20260202000000_host.sql"), "host");

      Path release =
          tool.make(
              root.resolve("out"),
              ReleaseRecipe.of("bot", Bundle.VERSION).jar(fat).migrations(host));

      assertThat(release.resolve("migrations/" + MIGRATION)).hasContent("library");
      assertThat(release.resolve("migrations/20260202000000_host.sql")).hasContent("host");
      assertThat(ManifestCodec.read(release).files()).hasSize(3);
    }

    @Test
    void aMigrationWithTwoContentsIsRefused() throws Exception {
      Path library = jar(root.resolve("store.jar"), "supabase/migrations/" + MIGRATION, "library");
      Path host = Files.createDirectories(root.resolve("sql"));
      Files.writeString(host.resolve(MIGRATION), "host");

      assertThatThrownBy(
              () ->
                  tool.make(
                      root.resolve("out"),
                      Bundle.recipe(root, Bundle.VERSION, "x")
                          .libraryMigrations(library)
                          .migrations(host)))
          .hasMessageContaining(MIGRATION)
          .hasMessageContaining("differs");
    }
  }

  @Nested
  class SignAndPublish {

    @Test
    void signaturesAreAddedAndThoseOfOthersStay() throws Exception {
      Bundle bundle = Bundle.in(root);
      SigningKeyFiles second = tool.keygen(root, "second");
      Trust both =
          Trust.keys(Keys.file(bundle.key.publicKey()), Keys.file(second.publicKey())).threshold(2);
      assertRefused(() -> tool.verify(bundle.release, both), ReasonCode.TOO_FEW_SIGNATURES);

      tool.sign(bundle.release, List.of(second.privateKey()));
      tool.sign(bundle.release, List.of(second.privateKey(), bundle.key.privateKey()));

      assertThat(tool.verify(bundle.release, both).version()).isEqualTo(Bundle.VERSION);
    }

    @Test
    void aReleaseWhoseFilesChangedIsNotSigned() throws Exception {
      Bundle bundle = Bundle.in(root);
      Files.writeString(bundle.release.resolve("bot.jar"), "jar FIRST");

      assertRefused(
          () -> tool.sign(bundle.release, List.of(bundle.key.privateKey())),
          ReasonCode.DIGEST_MISMATCH);
      assertRefused(() -> tool.verify(bundle.release, bundle.trust), ReasonCode.DIGEST_MISMATCH);
    }

    @Test
    void eachChannelCountsItsOwnSerial() throws Exception {
      Bundle bundle = Bundle.in(root);
      List<Path> keys = List.of(bundle.key.privateKey());
      long first = IndexCodec.decode(bundle.index().document()).serial();

      assertThat(tool.publish(bundle.release, "stable", keys).serial()).isEqualTo(first + 1);
      assertThat(tool.publish(bundle.release, "beta", keys).serial()).isEqualTo(first);

      assertThat(
              new TrustVerifier(bundle.trust)
                  .index(bundle.index(), Bundle.AGENT, "stable", Bundle.NOW)
                  .index()
                  .serial())
          .isEqualTo(first + 1);
    }

    @Test
    void afterALostIndexTheSerialDoesNotStartOver() throws Exception {
      Bundle bundle = Bundle.in(root);
      List<Path> keys = List.of(bundle.key.privateKey());
      long lost = IndexCodec.decode(bundle.index().document()).serial();
      Files.delete(bundle.out.resolve("latest.json"));
      ReleaseTool later = new ReleaseTool(Clock.offset(Bundle.CLOCK, Duration.ofMinutes(1)));

      assertThat(later.publish(bundle.release, "stable", keys).serial()).isGreaterThan(lost);
    }

    @Test
    void aDamagedIndexIsRefusedWithTheWayOut() throws Exception {
      Bundle bundle = Bundle.in(root);
      Files.writeString(bundle.out.resolve("latest.json"), "");

      assertThatThrownBy(
              () -> tool.publish(bundle.release, "stable", List.of(bundle.key.privateKey())))
          .isInstanceOf(RefusalException.class)
          .hasMessageContaining("is damaged")
          .hasMessageContaining("remove " + bundle.out.resolve("latest.json"));
    }

    @Test
    void aReleaseIsPublishedOnlyByKeysThatSignedIt() throws Exception {
      Bundle bundle = Bundle.in(root);
      SigningKeyFiles foreign = tool.keygen(root, "foreign");
      assertRefused(
          () -> tool.publish(bundle.release, "stable", List.of(foreign.privateKey())),
          ReasonCode.TOO_FEW_SIGNATURES);

      Path manifest = bundle.release.resolve("release.json");
      Files.writeString(manifest, Files.readString(manifest) + "\n");
      assertRefused(
          () -> tool.publish(bundle.release, "stable", List.of(bundle.key.privateKey())),
          ReasonCode.SIGNATURE_INVALID);
    }

    @Test
    void anOlderVersionIsNotPublishedOverANewerOne() throws Exception {
      Bundle bundle = Bundle.in(root);
      Path older =
          tool.make(bundle.out, Bundle.recipe(root, Version.parse("0.1.0"), "an older one"));
      tool.sign(older, List.of(bundle.key.privateKey()));

      assertThatThrownBy(() -> tool.publish(older, "stable", List.of(bundle.key.privateKey())))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("under a newer version number");
    }

    @Test
    void anUnsignedReleaseIsNotPublished() throws Exception {
      Path release = tool.make(root.resolve("out"), Bundle.recipe(root, Bundle.VERSION, "first"));
      SigningKeyFiles key = tool.keygen(root, "release");

      assertRefused(
          () -> tool.publish(release, "stable", List.of(key.privateKey())),
          ReasonCode.TOO_FEW_SIGNATURES);
    }
  }

  private static Path jar(Path file, String entry, String content) throws Exception {
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry(entry));
      zip.write(content.getBytes(StandardCharsets.UTF_8));
    }
    return file;
  }

  private static void openssl(String... args) throws Exception {
    List<String> command = new ArrayList<>(List.of("/usr/bin/openssl"));
    command.addAll(List.of(args));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
  }

  private static void assertRefused(ThrowingCallable call, ReasonCode code) {
    RefusalException refused = catchThrowableOfType(RefusalException.class, call);
    assertThat(refused).isNotNull();
    assertThat(refused.reason().code()).isEqualTo(code);
  }
}
