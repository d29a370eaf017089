package io.selfupgrade.upgrade;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/**
 * Where commits are found that are built on this machine, by {@link Trust#verifiedCommits} alone.
 *
 * <p>A source is never trusted: it hands over bytes, and core verifies the signature, the commit's
 * id and the files. Implementations are safe for use by several threads.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>{@link #newest} returns the newest commit that the source finds acceptable, empty if that
 *       is the given one or there is none; why not is told in the log.
 *   <li>{@link #signed} returns what was signed and the signature, unchanged; the signature is
 *       empty for a commit that is not signed.
 *   <li>{@link #files} returns a tar, packed by gzip, of the commit's files within one directory,
 *       from the beginning, at each call anew.
 *   <li>A commit that does not exist is an {@link IOException}.
 * </ol>
 */
public interface CommitSource {

  /**
   * Returns the same source, which keeps what it knows where all agents of a store find it.
   *
   * <p>Called once, when an agent is put together; performs no I/O. Default: itself.
   *
   * @param store where it may keep copies and pins
   */
  default CommitSource sharing(SourceStore store) {
    return this;
  }

  /**
   * Hears that something new is said to be there, so that no copy answers the next look.
   *
   * <p>Default: does nothing.
   */
  default void expectNews() {}

  /** Returns what the source is, for logs and errors, without secrets. */
  String describe();

  /**
   * Returns the newest commit, if it is newer.
   *
   * @param running the commit that runs, in its hexadecimal digits; empty if that is not known
   * @throws IOException if the source cannot be read; tried again later
   */
  Optional<String> newest(Optional<String> running) throws IOException;

  /**
   * Reads what was signed of a commit, which is all of it but the signature, and the signature.
   *
   * @param commit its hexadecimal digits
   * @throws IOException if it cannot be read
   */
  SignedDocument signed(String commit) throws IOException;

  /**
   * Opens the files of a commit.
   *
   * @param commit its hexadecimal digits
   * @throws IOException if they cannot be read
   */
  InputStream files(String commit) throws IOException;
}
