package io.selfupgrade.launcher;

import java.util.Locale;

/** What a child is to the launcher. */
enum Role {
  /** It serves: the confirmed version, always kept running. */
  CURRENT,
  /** The confirmed version once more, to take the place of the one that serves. */
  RELIEF,
  /** It is on trial. */
  CANDIDATE,
  /** It is neither any more: to be stopped, not started again. */
  RETIRED;

  /** Returns the role as it is written in a child's record. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Role of(String word) {
    return valueOf(word.toUpperCase(Locale.ROOT));
  }
}
