package io.selfupgrade.upgrade;

import io.selfupgrade.agent.Version;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/**
 * Where releases are found: a folder, GitHub, a server of one's own.
 *
 * <p>A source is never trusted: it hands over bytes, and core verifies signatures, lengths and
 * digests. Implementations are safe for use by several threads.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>{@link #latest} returns the newest index of the channel, empty if the channel has none.
 *   <li>{@link #manifest} returns the bytes as published, unchanged, empty if there is no such
 *       release.
 *   <li>Neither reads more than {@code maxBytes} of a document or of its signatures; a larger one
 *       is an {@link IOException} that says so.
 *   <li>{@link #open} returns the file's bytes from the beginning, at each call anew.
 *   <li>A file that does not exist is a {@link java.nio.file.NoSuchFileException} or another {@link
 *       IOException}, never an empty stream.
 *   <li>A path that would leave the release is refused with an {@link IOException}.
 * </ol>
 */
public interface ReleaseSource {

  /**
   * Returns the same source, which keeps what it knows where all agents of a store find it.
   *
   * <p>Called once, when an agent is put together; performs no I/O. Default: itself.
   *
   * @param store where it may keep copies and pins
   */
  default ReleaseSource sharing(SourceStore store) {
    return this;
  }

  /**
   * Hears that something new is said to be there, so that no copy answers the next read.
   *
   * <p>Called before an upgrade that a person or a webhook asked for. Default: does nothing.
   */
  default void expectNews() {}

  /**
   * Has the next release made, where releases are made when they are asked for.
   *
   * <p>Called by the primary alone, before it looks for an upgrade, and never while upgrades are
   * frozen; who only reads, such as a health check, does not call it. What goes wrong is told in
   * the log, for what is released can be read all the same. Default: does nothing.
   *
   * @param channel name of the channel, such as {@code stable}
   */
  default void seek(String channel) {}

  /** Returns what the source is, for logs and errors, without secrets. */
  String describe();

  /**
   * Reads the signed index of a channel, {@code latest.json}.
   *
   * @param channel name of the channel, such as {@code stable}
   * @param maxBytes limit of each of the two files
   * @throws IOException if the source cannot be read; tried again later
   */
  Optional<SignedDocument> latest(String channel, int maxBytes) throws IOException;

  /**
   * Reads the signed manifest of a release, {@code release.json}.
   *
   * @param version the release
   * @param maxBytes limit of each of the two files
   * @throws IOException if the source cannot be read; tried again later
   */
  Optional<SignedDocument> manifest(Version version, int maxBytes) throws IOException;

  /**
   * Opens one file of a release.
   *
   * @param version the release
   * @param path the file's path in the manifest
   * @throws IOException if it cannot be read
   */
  InputStream open(Version version, String path) throws IOException;
}
