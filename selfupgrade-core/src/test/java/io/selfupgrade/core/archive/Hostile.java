package io.selfupgrade.core.archive;

import io.selfupgrade.upgrade.Archive;
import io.selfupgrade.upgrade.ReasonCode;

/**
 * An archive that must be refused.
 *
 * @param name what is wrong with it
 * @param format how it is packed
 * @param bytes the archive
 * @param code why it must be refused
 * @param message what the refusal must say
 */
record Hostile(String name, Archive.Format format, byte[] bytes, ReasonCode code, String message) {

  @Override
  public String toString() {
    return format + " " + name;
  }
}
