package io.selfupgrade.launcher;

/** What an agent can tell the launcher by a file in its run directory. */
public enum RequestKind {
  /**
   * Start a candidate beside me: upgrade, epoch, version, limitMillis; with {@code alone}, an
   * instance, in my place as soon as that instance has been handed over to.
   */
  TRY("try"),
  /** I am up: upgrade and epoch (own or 0), optional drainMillis. */
  READY("ready"),
  /** The candidate leads: its restarts are no longer counted, its run time is. */
  HANDED_OVER("handed-over"),
  /** The candidate's version is confirmed: point to it, stop the old instance. */
  CONFIRMED("confirmed"),
  /** The trial is over: stop the candidate; optional killAfterMillis. */
  DROPPED("dropped"),
  /**
   * Stop me and start me again, without back-off; with {@code relief}, an instance, start that one
   * of the confirmed version beside me instead; with {@code withdrawn}, I want neither any more.
   */
  RESTART("restart"),
  /** I end on purpose: do not start me again. */
  STOPPING("stopping");

  private final String fileName;

  RequestKind(String fileName) {
    this.fileName = fileName;
  }

  /** Returns the name of the file in the run directory. */
  public String fileName() {
    return fileName;
  }
}
