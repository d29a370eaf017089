package io.selfupgrade.core.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.selfupgrade.launcher.Disk;
import io.selfupgrade.upgrade.Archive;
import io.selfupgrade.upgrade.ReasonCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives as people make them. */
class ArchivesTest {

  private static final Deadline SOON = new Deadline(Duration.ofMinutes(1), System::nanoTime);
  private static final long LIMIT = 1 << 20;
  private static final String LONG = "long".repeat(20) + "/" + "name".repeat(25);

  @TempDir private Path root;
  private Path input;

  @BeforeEach
  void makeATree() throws Exception {
    input = Files.createDirectories(root.resolve("input"));
    Files.createDirectories(input.resolve("a/empty"));
    Files.createDirectories(input.resolve(LONG).resolve(".."));
    Files.writeString(input.resolve("a/text.txt"), "text\n".repeat(1000));
    Files.writeString(input.resolve("a/Outer$Inner @1, (2) [x]=~.class"), "");
    Files.writeString(input.resolve(".hidden"), "hidden");
    Files.writeString(input.resolve(LONG), "long");
    Files.writeString(input.resolve("run.sh"), "#!/bin/sh\n");
    Files.setPosixFilePermissions(
        input.resolve("run.sh"), PosixFilePermissions.fromString("rwxrwxrwx"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tar --format=gnu -czf OUT.tar.gz -C input .",
        "tar --format=posix -czf OUT.tar.gz -C input .",
        "tar --format=ustar -czf OUT.tar.gz -C input .",
        "tar --format=gnu -cf OUT.tar -C input a .hidden run.sh LONG && gzip -9 OUT.tar",
        "cd input && zip -q -r ../OUT.zip .",
        "cd input && zip -q -r -0 -D ../OUT.zip .",
        "jar --create --no-manifest --file OUT.zip -C input ."
      })
  void whatToolsPackIsUnpacked(String command) throws Exception {
    Path file = pack(command);

    Archive described =
        Archives.describe(file, Archive.Format.ofFile(file.toString()), "models", LIMIT, SOON);
    List<UnpackedFile> unpacked =
        Archives.unpack(Disk.REAL, file, described, root.resolve("unpacked"), SOON);

    assertThat(described.files()).isEqualTo(5);
    assertThat(described.bytes()).isEqualTo(5020);
    assertThat(unpacked).isEqualTo(Archives.list(file, described, SOON));
    for (UnpackedFile each : unpacked) {
      assertThat(root.resolve("unpacked").resolve(each.path()))
          .hasSameBinaryContentAs(input.resolve(each.path()))
          .hasSize(each.length())
          .hasDigest("SHA-256", each.sha256());
    }
  }

  @Test
  void noRightIsTakenOverButThatOfTheOwnerToExecute() throws Exception {
    RawTar tar =
        new RawTar()
            .entry("setuid", '0', "x", header -> RawTar.put(header, 100, "0006755"))
            .entry("open", '0', "x", header -> RawTar.put(header, 100, "0000666"));
    Path file = Files.write(root.resolve("x.tar.gz"), tar.gz());

    Archives.unpack(
        Disk.REAL,
        file,
        new Archive(Archive.Format.TAR_GZ, "x", 2, 2),
        root.resolve("unpacked"),
        SOON);

    assertThat((int) Files.getAttribute(root.resolve("unpacked/setuid"), "unix:mode") & 07777)
        .isEqualTo(0700);
    assertThat((int) Files.getAttribute(root.resolve("unpacked/open"), "unix:mode") & 07133)
        .isZero();
  }

  @Test
  void whatAStreamingWriterPacksIsUnpacked() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry("folder/"));
      zip.putNextEntry(new ZipEntry("folder/file"));
      zip.write("content".getBytes(StandardCharsets.UTF_8));
    }
    Path file = Files.write(root.resolve("x.zip"), bytes.toByteArray());

    assertThat(Archives.describe(file, Archive.Format.ZIP, "x", LIMIT, SOON))
        .isEqualTo(new Archive(Archive.Format.ZIP, "x", 1, 7));
  }

  @Test
  void moreOrLessThanTheManifestSaysIsRefused() throws Exception {
    Path file = Files.write(root.resolve("x.zip"), new RawZip().stored("a").stored("b").bytes());

    assertRefused(file, new Archive(Archive.Format.ZIP, "x", 1, 100), ReasonCode.TOO_LARGE);
    assertRefused(file, new Archive(Archive.Format.ZIP, "x", 2, 23), ReasonCode.TOO_LARGE);
    assertRefused(file, new Archive(Archive.Format.ZIP, "x", 3, 24), ReasonCode.ARCHIVE_INVALID);
    assertRefused(file, new Archive(Archive.Format.ZIP, "x", 2, 25), ReasonCode.ARCHIVE_INVALID);
    assertRefused(file, new Archive(Archive.Format.TAR_GZ, "x", 2, 24), ReasonCode.ARCHIVE_INVALID);
    assertThat(Archives.list(file, new Archive(Archive.Format.ZIP, "x", 2, 24), SOON)).hasSize(2);
  }

  @Test
  void anArchiveOfNothingIsNotDescribed() throws Exception {
    Path file = Files.write(root.resolve("x.zip"), new RawZip().stored("a/", "", e -> {}).bytes());

    assertThat(
            catchThrowableOfType(
                    ArchiveException.class,
                    () -> Archives.describe(file, Archive.Format.ZIP, "x", LIMIT, SOON))
                .code())
        .isEqualTo(ReasonCode.ARCHIVE_INVALID);
  }

  @Test
  void theTimeIsLimited() throws Exception {
    Path file = Files.write(root.resolve("x.zip"), new RawZip().stored("a").bytes());
    AtomicLong nanos = new AtomicLong();
    Deadline deadline = new Deadline(Duration.ofSeconds(1), nanos::get);
    Archive declared = new Archive(Archive.Format.ZIP, "x", 1, 12);
    assertThat(Archives.list(file, declared, deadline)).hasSize(1);

    nanos.addAndGet(Duration.ofSeconds(2).toNanos());

    assertThatThrownBy(() -> Archives.list(file, declared, deadline))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("longer than PT1S");
  }

  private static void assertRefused(Path file, Archive declared, ReasonCode code) {
    ArchiveException refused =
        catchThrowableOfType(ArchiveException.class, () -> Archives.list(file, declared, SOON));
    assertThat(refused).isNotNull();
    assertThat(refused.code()).isEqualTo(code);
  }

  private Path pack(String command) throws Exception {
    String jar = Path.of(System.getProperty("java.home"), "bin/jar").toString();
    String shell = command.replace("LONG", LONG).replaceFirst("^jar ", jar + " ");
    Process process =
        new ProcessBuilder("sh", "-c", shell)
            .directory(root.toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int code = process.waitFor();
    assumeThat(code).as("install tar, zip and gzip: " + output).isNotEqualTo(127);
    assertThat(code).as(output).isZero();
    return root.resolve(command.contains(".zip") ? "OUT.zip" : "OUT.tar.gz");
  }
}
