package io.selfupgrade.core.release;

import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.ReleaseSource;
import io.selfupgrade.upgrade.SignedDocument;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/**
 * A source of files only, each of which is what its test wants.
 *
 * @param opening opens the file at a path
 */
record HostileSource(Opening opening) implements ReleaseSource {

  @Override
  public String describe() {
    return "a hostile source";
  }

  @Override
  public Optional<SignedDocument> latest(String channel, int maxBytes) {
    return Optional.empty();
  }

  @Override
  public Optional<SignedDocument> manifest(Version version, int maxBytes) {
    return Optional.empty();
  }

  @Override
  public InputStream open(Version version, String path) throws IOException {
    return opening.open(path);
  }

  /** Opens a file. */
  @FunctionalInterface
  interface Opening {
    /** Returns what the source sends. */
    InputStream open(String path) throws IOException;
  }
}
