package io.selfupgrade.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SlotTest {
  private static final byte[] MANIFEST = "{}".getBytes(StandardCharsets.UTF_8);

  @TempDir Path slot;

  @BeforeEach
  void fillSlot() throws IOException {
    Files.createDirectories(slot.resolve("lib"));
    Files.writeString(slot.resolve("agent.jar"), "a jar");
    Files.writeString(slot.resolve("lib/part.jar"), "another jar");
    Files.write(slot.resolve("release.json"), MANIFEST);
    Files.writeString(slot.resolve("release.json.sig"), "signatures");
    launchFile().encode().write(launchProperties());
  }

  @Test
  void aSlotThatIsAsRecordedVerifies() throws IOException {
    Slot verified = Slot.verified(slot, "1.0.0");

    assertThat(verified.launch()).isEqualTo(launchFile());
    assertThat(verified.directory()).isEqualTo(slot);
  }

  @Test
  void everyFlippedByteIsFound() throws IOException {
    for (String name : List.of("agent.jar", "lib/part.jar", "release.json")) {
      byte[] whole = Files.readAllBytes(slot.resolve(name));
      for (int i = 0; i < whole.length; i++) {
        byte[] flipped = whole.clone();
        flipped[i] ^= 1;
        Files.write(slot.resolve(name), flipped);
        assertDamage(name + " should have SHA-256");
      }
      Files.write(slot.resolve(name), whole);
    }
    Slot.verified(slot, "1.0.0");
  }

  @Test
  void aFileThatIsTooShortOrTooLongIsFound() throws IOException {
    Files.writeString(slot.resolve("agent.jar"), "a ja");
    assertDamage("agent.jar should have 5 bytes, has 4 bytes");
    Files.writeString(slot.resolve("agent.jar"), "a jar and more");
    assertDamage("agent.jar should have 5 bytes, has more");
  }

  @Test
  void aMissingFileIsFound() throws IOException {
    Files.delete(slot.resolve("lib/part.jar"));
    assertDamage("lib/part.jar is missing");
  }

  @Test
  void aMissingManifestIsFound() throws IOException {
    Files.delete(slot.resolve("release.json"));
    assertDamage("release.json is missing");
  }

  @Test
  void aFileThatNobodyListedIsFound() throws IOException {
    Files.writeString(slot.resolve("lib/planted.jar"), "");
    assertDamage("lib/planted.jar does not belong to the release");
  }

  @Test
  void aLinkIsFound() throws IOException {
    Path elsewhere = Files.move(slot.resolve("agent.jar"), slot.resolveSibling("elsewhere.jar"));
    try {
      Files.createSymbolicLink(slot.resolve("agent.jar"), elsewhere);
      assertDamage("agent.jar is not a regular file");
    } finally {
      Files.delete(elsewhere);
    }
  }

  @Test
  void anotherVersionIsFound() {
    assertThatThrownBy(() -> Slot.verified(slot, "1.0.1"))
        .isInstanceOf(SlotDamagedException.class)
        .hasMessageContaining("holds version 1.0.0, expected 1.0.1");
  }

  @Test
  void aMissingSlotIsFound() {
    assertThatThrownBy(() -> Slot.verified(slot.resolve("none"), "1.0.0"))
        .isInstanceOf(SlotDamagedException.class)
        .hasMessageContaining("There is no slot directory");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "format=2",
        "version=../..",
        "jar=other.jar",
        "jar=",
        "mainClass=Main",
        "heapMb=much",
        "heapMb=-1",
        "files.0.path=../agent.jar",
        "files.0.path=/agent.jar",
        "files.0.path=lib//part.jar",
        "files.0.length=-1",
        "files.0.length=5.0",
        "files.0.sha256=ABC",
        "files.1.path=agent.jar",
        "name=",
      })
  void aBadLaunchFileIsFound(String line) throws IOException {
    String[] pair = line.split("=", 2);
    StateFile.read(launchProperties())
        .orElseThrow()
        .with(pair[0], pair[1])
        .write(launchProperties());

    assertThatThrownBy(() -> Slot.verified(slot, "1.0.0")).isInstanceOf(SlotDamagedException.class);
  }

  @Test
  void aLaunchFileThatIsNoPropertiesTextIsFound() throws IOException {
    Files.writeString(launchProperties(), "format=\\u00zz");
    assertDamage("is not a properties text");
    Files.write(launchProperties(), new byte[] {(byte) 0xff, (byte) 0xfe});
    assertDamage("is not a properties text in UTF-8");
  }

  @Test
  void aClassPathIsKeptAndMustBeListed() throws IOException {
    Program program =
        new Program(
            "", "org.acme.Main", List.of("agent.jar", "lib"), List.of(), List.of("", "a b"), 0);
    LaunchFile launch = new LaunchFile("agent", "1.0.0", "", program, launchFile().files());
    launch.encode().write(launchProperties());

    assertThat(Slot.verified(slot, "1.0.0").launch()).isEqualTo(launch);
    StateFile.read(launchProperties())
        .orElseThrow()
        .with("classpath.2", "unlisted")
        .write(launchProperties());
    assertDamage("A classpath entry is not among the files: unlisted");
  }

  private void assertDamage(String message) {
    assertThatThrownBy(() -> Slot.verified(slot, "1.0.0"))
        .isInstanceOf(SlotDamagedException.class)
        .hasMessageContaining(message);
  }

  private Path launchProperties() {
    return slot.resolve(LaunchFile.FILE_NAME);
  }

  private LaunchFile launchFile() throws IOException {
    Program program =
        new Program("agent.jar", "", List.of(), List.of("-Xss1m"), List.of("serve", "a b"), 64);
    return new LaunchFile(
        "agent",
        "1.0.0",
        TestHome.sha256(MANIFEST),
        program,
        List.of(TestHome.slotFile(slot, "agent.jar"), TestHome.slotFile(slot, "lib/part.jar")));
  }
}
