package io.selfupgrade.core.commit;

import io.selfupgrade.upgrade.CommitSource;
import io.selfupgrade.upgrade.SignedDocument;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** A source with one commit, as a server shows it: whatever a test says. */
final class ShownCommit implements CommitSource {

  String id = "";
  byte[] payload = new byte[0];
  String signature = "";
  byte[] files = new byte[0];
  boolean away;
  int asked;

  /** Shows a commit that is signed by a key, and its files. */
  ShownCommit show(OwnGit git, SshKey key) {
    payload = git.payload("a".repeat(40));
    signature = key.sign(payload);
    id = OwnGit.commit(payload, signature);
    files = git.tarball();
    return this;
  }

  @Override
  public String describe() {
    return "a shown commit";
  }

  @Override
  public Optional<String> newest(Optional<String> running) throws IOException {
    requireHere();
    return Optional.of(id).filter(found -> !running.equals(Optional.of(found)));
  }

  @Override
  public SignedDocument signed(String commit) throws IOException {
    requireHere();
    asked++;
    return OwnGit.signed(payload, signature);
  }

  @Override
  public InputStream files(String commit) throws IOException {
    requireHere();
    return new ByteArrayInputStream(files);
  }

  private void requireHere() throws IOException {
    if (away) {
      throw new IOException("the source is away");
    }
  }
}
