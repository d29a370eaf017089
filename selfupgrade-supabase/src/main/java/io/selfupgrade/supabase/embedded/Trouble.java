package io.selfupgrade.supabase.embedded;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.ConfigurationException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The two ways in which this package fails. */
final class Trouble {

  private static final String PORT = "EmbeddedPostgres";

  private Trouble() {}

  /** The machine or the server did not do its part; the same call may succeed later. */
  static AdapterException failed(String what, @Nullable Throwable cause) {
    return new AdapterException(PORT, what, true, cause);
  }

  static AdapterException failed(String what) {
    return failed(what, null);
  }

  /** Nothing but a person can mend it. */
  static ConfigurationException misconfigured(String problem) {
    return new ConfigurationException(List.of(PORT + ": " + problem));
  }

  static AdapterException interrupted(String doing, InterruptedException cause) {
    Thread.currentThread().interrupt();
    return failed("interrupted while " + doing, cause);
  }
}
