package io.selfupgrade.config;

import io.selfupgrade.agent.Json;
import java.util.List;
import java.util.Optional;

/**
 * The door to the agent's configuration, shared by all its instances.
 *
 * <p>Thread-safe. Needs no {@code start()}: the first call opens the store. A write names the
 * version that it has seen, so that nobody's change is overwritten unread:
 *
 * <pre>{@code
 * long seen = config.get("tone").map(Setting::version).orElse(0L);
 * SettingResult result = config.put("tone", Json.of("\"dry\""), seen);
 * }</pre>
 *
 * <p>Every method throws {@link io.selfupgrade.agent.AdapterException} when the store cannot be
 * reached.
 */
public interface Config {

  /** Returns a setting. */
  Optional<Setting> get(String key);

  /**
   * Sets a value.
   *
   * @param key as {@link Setting} wants it
   * @param value a JSON document of at most 256 KiB
   * @param expectedVersion the version that the caller has seen; 0: the key has no value
   * @return {@code Stored}, or {@code Conflict} with what is there
   * @throws IllegalArgumentException if the key has another shape, or the value is too long or no
   *     JSON
   */
  SettingResult put(String key, Json value, long expectedVersion);

  /**
   * Removes a value.
   *
   * @param key as {@link Setting} wants it
   * @param expectedVersion the version that the caller has seen, 1 or more
   * @return {@code Removed}, or {@code Conflict} with what is there
   * @throws IllegalArgumentException if the version is 0 or less
   */
  SettingResult remove(String key, long expectedVersion);

  /** Returns all settings, sorted by key. */
  List<Setting> all();
}
