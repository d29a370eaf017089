package io.selfupgrade.config;

import java.util.Objects;
import java.util.Optional;

/** What came of a write to the configuration; closed. */
public sealed interface SettingResult {

  /** Returns one sentence for people. */
  String summary();

  /**
   * The value is set.
   *
   * @param setting as it stands now
   */
  record Stored(Setting setting) implements SettingResult {
    /** Validates that the setting is there. */
    public Stored {
      Objects.requireNonNull(setting, "setting");
    }

    @Override
    public String summary() {
      return setting.key() + " is stored as version " + setting.version();
    }
  }

  /**
   * The key has no value any more.
   *
   * @param key what was removed
   */
  record Removed(String key) implements SettingResult {
    /** Validates that the key is there. */
    public Removed {
      Objects.requireNonNull(key, "key");
    }

    @Override
    public String summary() {
      return key + " is removed";
    }
  }

  /**
   * Another version was found than the expected one; nothing was changed.
   *
   * @param key what was to be changed
   * @param expected the expected version; 0: none
   * @param seen what is there; empty: nothing
   */
  record Conflict(String key, long expected, Optional<Setting> seen) implements SettingResult {
    /** Validates the parts. */
    public Conflict {
      Objects.requireNonNull(key, "key");
      Objects.requireNonNull(seen, "seen");
    }

    @Override
    public String summary() {
      return key
          + " is "
          + seen.map(setting -> "at version " + setting.version()).orElse("absent")
          + ", expected "
          + (expected == 0 ? "none" : "version " + expected)
          + ": read it again, then decide";
    }
  }
}
