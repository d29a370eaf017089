package io.selfupgrade.supabase.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

class ArchiveTest {

  @TempDir private Path temporary;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private TarArchiveOutputStream tar;
  private Path target;

  @BeforeEach
  void begin() throws IOException {
    tar = new TarArchiveOutputStream(new XZOutputStream(bytes, new LZMA2Options(0)));
    target = temporary.resolve("target");
  }

  private void file(String name, int mode) throws IOException {
    byte[] content = "content".getBytes(StandardCharsets.UTF_8);
    TarArchiveEntry entry = new TarArchiveEntry(name, true);
    entry.setSize(content.length);
    entry.setMode(mode);
    tar.putArchiveEntry(entry);
    tar.write(content);
    tar.closeArchiveEntry();
  }

  private void special(String name, byte type, String linked) throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name, type, true);
    entry.setLinkName(linked);
    tar.putArchiveEntry(entry);
    tar.closeArchiveEntry();
  }

  private void unpack() throws IOException {
    tar.close();
    Archive.unpack(new ByteArrayInputStream(bytes.toByteArray()), target);
  }

  @Test
  void filesKeepTheirExecutableBitAndLinksStayLinks() throws IOException {
    file("bin/program", 0755);
    file("lib/a.so.1", 0644);
    special("lib/a.so", TarConstants.LF_SYMLINK, "a.so.1");
    special("bin/up", TarConstants.LF_SYMLINK, "../lib/a.so.1");
    unpack();
    assertThat(target.resolve("bin/program")).isExecutable().hasContent("content");
    assertThat(Files.isExecutable(target.resolve("lib/a.so.1"))).isFalse();
    assertThat(target.resolve("lib/a.so")).isSymbolicLink().hasContent("content");
    assertThat(target.resolve("bin/up")).hasContent("content");
  }

  @Test
  void aNameThatLeadsOutIsRefused() throws IOException {
    file("../outside", 0644);
    assertThatThrownBy(this::unpack).hasMessageContaining("leads out of the archive");
    assertThat(temporary.resolve("outside")).doesNotExist();
  }

  @Test
  void anAbsoluteNameIsRefused() throws IOException {
    file(temporary.resolve("outside").toString(), 0644);
    assertThatThrownBy(this::unpack).hasMessageContaining("leads out of the archive");
    assertThat(temporary.resolve("outside")).doesNotExist();
  }

  @Test
  void aLinkThatLeadsOutIsRefused() throws IOException {
    special("link", TarConstants.LF_SYMLINK, "../outside");
    assertThatThrownBy(this::unpack).hasMessageContaining("leads out of the archive");
  }

  @Test
  void anAbsoluteLinkIsRefused() throws IOException {
    special("link", TarConstants.LF_SYMLINK, "/etc/passwd");
    assertThatThrownBy(this::unpack).hasMessageContaining("links to the absolute path");
  }

  @Test
  void twoLinksThatLeadOutTogetherAreNotWrittenThrough() throws IOException {
    file("a/b/c/keep", 0644);
    special("x", TarConstants.LF_SYMLINK, "a/b/c");
    special("x/out", TarConstants.LF_SYMLINK, "../../..");
    file("x/out/../outside", 0644);
    assertThatThrownBy(this::unpack).isInstanceOf(IOException.class);
    assertThat(temporary.resolve("outside")).doesNotExist();
  }

  @Test
  void hardLinksAndDevicesAreRefused() throws IOException {
    file("a", 0644);
    special("b", TarConstants.LF_LINK, "a");
    assertThatThrownBy(this::unpack).hasMessageContaining("neither file, directory nor");
  }

  @Test
  void aPipeIsRefused() throws IOException {
    special("pipe", TarConstants.LF_FIFO, "");
    assertThatThrownBy(this::unpack).hasMessageContaining("neither file, directory nor");
  }
}
