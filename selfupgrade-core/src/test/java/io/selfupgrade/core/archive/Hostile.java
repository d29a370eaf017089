package io.selfupgrade.core.archive;

import io.selfupgrade.upgrade.Archive;
import io.selfupgrade.upgrade.ReasonCode;

/** An archive that must be refused. */
final class Hostile {

  final String name;
  final Archive.Format format;
  final byte[] bytes;
  final ReasonCode code;
  final String message;

  /**
   * Describes one.
   *
   * @param name what is wrong with it
   * @param format how it is packed
   * @param bytes the archive
   * @param code why it must be refused
   * @param message what the refusal must say
   */
  Hostile(String name, Archive.Format format, byte[] bytes, ReasonCode code, String message) {
    this.name = name;
    this.format = format;
    this.bytes = bytes;
    this.code = code;
    this.message = message;
  }

  @Override
  public String toString() {
    return format + " " + name;
  }
}
