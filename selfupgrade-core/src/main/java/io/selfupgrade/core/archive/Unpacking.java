package io.selfupgrade.core.archive;

import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * Takes the entries of one archive: judges the names, counts what is really read, and writes it.
 *
 * <p>Without a folder to write to it does all of that but the writing.
 */
final class Unpacking implements EntrySink {

  static final int MAX_RATIO = 200;
  static final long FREE_OF_RATIO_BYTES = 1 << 20;
  private static final int BUFFER_BYTES = 1 << 16;

  private final Optional<Folder> folder;
  private final int maxFiles;
  private final long maxBytes;
  private final Deadline deadline;
  private final EntryNames names = new EntryNames();
  private final List<UnpackedFile> files = new ArrayList<>();
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private long bytes;

  Unpacking(Optional<Folder> folder, int maxFiles, long maxBytes, Deadline deadline) {
    this.folder = folder;
    this.maxFiles = maxFiles;
    this.maxBytes = maxBytes;
    this.deadline = deadline;
  }

  List<UnpackedFile> files() {
    return files;
  }

  long bytes() {
    return bytes;
  }

  @Override
  public void directory(String name) throws IOException, ArchiveException {
    deadline.require();
    String path = names.directory(name);
    if (folder.isPresent()) {
      folder.get().directory(path);
    }
  }

  @Override
  public void file(String name, boolean executable, EntryContent content)
      throws IOException, ArchiveException {
    deadline.require();
    String path = names.file(name);
    if (files.size() >= maxFiles) {
      throw ArchiveException.tooLarge(
          "there are more than " + maxFiles + " files: expected no more, as the manifest says");
    }
    Optional<Folder.Target> target = Optional.empty();
    if (folder.isPresent()) {
      target = Optional.of(folder.get().create(path, executable));
    }
    copy(path, content, target);
  }

  /** Asks for one byte more than the limit leaves, never for more: a bomb ends here. */
  private void copy(String path, EntryContent content, Optional<Folder.Target> target)
      throws IOException, ArchiveException {
    MessageDigest digest = sha256();
    long length = 0;
    for (int n = read(content); n >= 0; n = read(content)) {
      length += n;
      bytes += n;
      requireLimits(path, content.packedBytes());
      digest.update(buffer, 0, n);
      if (target.isPresent()) {
        target.get().append(Arrays.copyOf(buffer, n));
      }
    }
    files.add(new UnpackedFile(path, length, HexFormat.of().formatHex(digest.digest())));
  }

  private int read(EntryContent content) throws IOException, ArchiveException {
    deadline.require();
    return content.read(buffer, (int) Math.min(buffer.length, maxBytes - bytes + 1));
  }

  private void requireLimits(String path, long packedBytes) throws ArchiveException {
    if (bytes > maxBytes) {
      throw ArchiveException.tooLarge(
          "the files up to "
              + EntryNames.shown(path)
              + " have more than "
              + maxBytes
              + " bytes: expected no more, as the manifest says");
    }
    if (bytes > FREE_OF_RATIO_BYTES && bytes / MAX_RATIO > packedBytes) {
      throw ArchiveException.tooLarge(
          "the files up to "
              + EntryNames.shown(path)
              + " have "
              + bytes
              + " bytes, packed in "
              + packedBytes
              + ": expected at most "
              + MAX_RATIO
              + " times as many; ship such a file by itself");
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no SHA-256", e);
    }
  }
}
