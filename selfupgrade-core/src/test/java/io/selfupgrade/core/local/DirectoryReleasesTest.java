package io.selfupgrade.core.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.Version;
import io.selfupgrade.testkit.ReleaseSourceContract;
import io.selfupgrade.upgrade.ReleaseSource;
import io.selfupgrade.upgrade.SignedDocument;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryReleasesTest extends ReleaseSourceContract {

  private static final Version VERSION = Version.parse("1.0.0");

  @TempDir private Path root;

  @Override
  protected ReleaseSource source() {
    return DirectoryReleases.in(directory());
  }

  @Override
  protected void publishIndex(String channel, byte[] document, byte[] signatures)
      throws IOException {
    String name = channel.equals("stable") ? "latest.json" : "latest-" + channel + ".json";
    write(directory().resolve(name), document);
    write(directory().resolve(name + ".sig"), signatures);
  }

  @Override
  protected void publishManifest(Version version, byte[] document, byte[] signatures)
      throws IOException {
    publishFile(version, "release.json", document);
    publishFile(version, "release.json.sig", signatures);
  }

  @Override
  protected void publishFile(Version version, String path, byte[] content) throws IOException {
    write(directory().resolve(version.toString()).resolve(path), content);
  }

  @Test
  void linksOutOfTheReleaseAreNotFollowed() throws IOException {
    publishFile(VERSION, "bot.jar", new byte[1]);
    publishFile(Version.parse("2.0.0"), "other.jar", new byte[1]);
    Path secret = Files.writeString(root.resolve("secret"), "secret");
    Path release = directory().resolve("1.0.0");
    Files.createSymbolicLink(release.resolve("outside"), secret);
    Files.createSymbolicLink(release.resolve("sibling"), Path.of("../2.0.0/other.jar"));
    Files.createSymbolicLink(release.resolve("inside"), Path.of("bot.jar"));

    assertThatThrownBy(() -> source().open(VERSION, "outside").close())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("outside");
    assertThatThrownBy(() -> source().open(VERSION, "sibling").close())
        .isInstanceOf(IOException.class);
    source().open(VERSION, "inside").close();
  }

  @Test
  void aReleaseThatIsALinkOutOfTheDirectoryIsRefused() throws IOException {
    Path elsewhere = Files.createDirectories(root.resolve("elsewhere"));
    write(elsewhere.resolve("release.json"), new byte[1]);
    Files.createDirectories(directory());
    Files.createSymbolicLink(directory().resolve("1.0.0"), elsewhere);

    assertThatThrownBy(() -> source().manifest(VERSION, 100))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("outside");
  }

  @Test
  void aDirectoryThatIsNotThereIsTroubleAndNotAnEmptyOne() {
    assertThatThrownBy(() -> source().latest("stable", 100))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining("mount it");
  }

  @Test
  void anUnsignedDocumentHasNoSignatures() throws IOException {
    publishFile(VERSION, "release.json", "{}".getBytes(StandardCharsets.UTF_8));

    SignedDocument document = source().manifest(VERSION, 100).orElseThrow();

    assertThat(document.signatures()).isEmpty();
  }

  private Path directory() {
    return root.resolve("releases");
  }

  private static void write(Path file, byte[] content) throws IOException {
    Files.createDirectories(file.getParent());
    Files.write(file, content);
  }
}
