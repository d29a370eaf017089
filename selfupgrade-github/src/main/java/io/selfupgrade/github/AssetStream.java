package io.selfupgrade.github;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The bytes of an asset, which must be those that GitHub promised when they have all come. */
final class AssetStream extends FilterInputStream {

  private static final String SHA256 = "sha256:";

  private final String name;
  private final PublishedRelease.Asset asset;
  private final MessageDigest digest = sha256();
  private long length;

  AssetStream(InputStream in, String name, PublishedRelease.Asset asset) {
    super(in);
    this.name = name;
    this.asset = asset;
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int count) throws IOException {
    int read = super.read(buffer, offset, count);
    if (read > 0) {
      digest.update(buffer, offset, read);
      length += read;
      requireNotLonger();
    } else if (read < 0) {
      requireWhole();
    }
    return read;
  }

  @Override
  public long skip(long count) throws IOException {
    byte[] skipped = new byte[(int) Math.min(count, 8192)];
    return Math.max(0, read(skipped, 0, skipped.length));
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  private void requireNotLonger() throws IOException {
    if (length > asset.size()) {
      throw new IOException(
          name + " has more than the " + asset.size() + " bytes that GitHub says it has");
    }
  }

  private void requireWhole() throws IOException {
    if (length != asset.size()) {
      throw new IOException(
          name + " ended after " + length + " of " + asset.size() + " bytes: try again later");
    }
    String expected = asset.digest().orElse("");
    if (expected.startsWith(SHA256)) {
      String seen = SHA256 + HexFormat.of().formatHex(((MessageDigest) cloned()).digest());
      if (!seen.equals(expected)) {
        throw new IOException(
            name
                + " came as "
                + seen
                + ", GitHub says that it is "
                + expected
                + ": damaged on its way, or replaced; try again later");
      }
    }
  }

  private Object cloned() {
    try {
      return digest.clone();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("the JDK's SHA-256 can be cloned", e);
    }
  }
}
