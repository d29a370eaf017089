package io.selfupgrade.core.commit;

import io.selfupgrade.upgrade.SignedDocument;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** The objects of one commit, made without Git: files, tree, commit, and the tar of its files. */
final class OwnGit {

  static final int FILE = 0100644;
  static final int EXECUTABLE = 0100755;
  static final int LINK = 0120000;
  static final int SUBMODULE = 0160000;

  private static final String TOP = "acme-bot-0123abc/";

  private final Map<String, Entry> files = new LinkedHashMap<>();

  OwnGit file(String path, String content) {
    return put(path, FILE, content.getBytes(StandardCharsets.UTF_8));
  }

  OwnGit put(String path, int mode, byte[] content) {
    files.put(path, new Entry(mode, content));
    return this;
  }

  OwnGit without(String path) {
    files.remove(path);
    return this;
  }

  OwnGit copy() {
    OwnGit copy = new OwnGit();
    copy.files.putAll(files);
    return copy;
  }

  byte[] content(String path) {
    return files.get(path).content;
  }

  String tree() {
    SortedMap<String, Object> root = new TreeMap<>();
    files.forEach((path, entry) -> into(root, path, entry));
    return HexFormat.of().formatHex(tree(root));
  }

  @SuppressWarnings("unchecked")
  private static void into(SortedMap<String, Object> tree, String path, Entry entry) {
    int slash = path.indexOf('/');
    if (slash < 0) {
      tree.put(path, entry);
    } else {
      String name = path.substring(0, slash + 1);
      into(
          (SortedMap<String, Object>) tree.computeIfAbsent(name, unused -> new TreeMap<>()),
          path.substring(slash + 1),
          entry);
    }
  }

  @SuppressWarnings("unchecked")
  private static byte[] tree(SortedMap<String, Object> tree) {
    ByteArrayOutputStream listing = new ByteArrayOutputStream();
    tree.forEach(
        (name, each) -> {
          boolean directory = name.endsWith("/");
          String plain = directory ? name.substring(0, name.length() - 1) : name;
          String mode = directory ? "40000" : Integer.toOctalString(((Entry) each).mode);
          listing.writeBytes((mode + " " + plain + "\0").getBytes(StandardCharsets.UTF_8));
          listing.writeBytes(
              directory
                  ? tree((SortedMap<String, Object>) each)
                  : object("blob", ((Entry) each).content));
        });
    return object("tree", listing.toByteArray());
  }

  /** Returns what is signed of a commit. */
  byte[] payload(String parent) {
    return ("tree "
            + tree()
            + "\nparent "
            + parent
            + "\nauthor Ada <ada@example.com> 1767225600 +0100\n"
            + "committer Ada <ada@example.com> 1767225600 +0100\n\nBuild it h\u00e4re\n\nSure.\n")
        .getBytes(StandardCharsets.UTF_8);
  }

  /** Returns the id of a commit, with its signature where Git puts it. */
  static String commit(byte[] payload, String signature) {
    String text = new String(payload, StandardCharsets.ISO_8859_1);
    int end = text.indexOf("\n\n") + 1;
    String header =
        signature.isEmpty() ? "" : "gpgsig " + signature.strip().replace("\n", "\n ") + "\n";
    String whole = text.substring(0, end) + header + text.substring(end);
    return HexFormat.of().formatHex(object("commit", whole.getBytes(StandardCharsets.ISO_8859_1)));
  }

  static SignedDocument signed(byte[] payload, String signature) {
    return new SignedDocument(payload, signature.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Packs the files in one directory, as GitHub does. */
  byte[] tarball() {
    return tarball(TOP);
  }

  byte[] tarball(String top) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar =
        new TarArchiveOutputStream(new GZIPOutputStream(bytes), "UTF-8")) {
      if (!top.isEmpty()) {
        tar.putArchiveEntry(new TarArchiveEntry(top));
        tar.closeArchiveEntry();
      }
      for (Map.Entry<String, Entry> file : files.entrySet()) {
        write(tar, top + file.getKey(), file.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void write(TarArchiveOutputStream tar, String name, Entry entry)
      throws IOException {
    TarArchiveEntry header;
    if (entry.mode == LINK) {
      header = new TarArchiveEntry(name, TarConstants.LF_SYMLINK);
      header.setLinkName(new String(entry.content, StandardCharsets.UTF_8));
    } else if (entry.mode == SUBMODULE) {
      header = new TarArchiveEntry(name + "/");
    } else {
      header = new TarArchiveEntry(name, true);
      header.setMode(entry.mode == EXECUTABLE ? 0100775 : 0100664);
      header.setSize(entry.content.length);
    }
    tar.putArchiveEntry(header);
    if (entry.mode == FILE || entry.mode == EXECUTABLE) {
      tar.write(entry.content);
    }
    tar.closeArchiveEntry();
  }

  private static byte[] object(String type, byte[] content) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-1");
      digest.update((type + " " + content.length + "\0").getBytes(StandardCharsets.US_ASCII));
      return digest.digest(content);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A file of the commit. */
  private static final class Entry {
    private final int mode;
    private final byte[] content;

    Entry(int mode, byte[] content) {
      this.mode = mode;
      this.content = content.clone();
    }
  }
}
