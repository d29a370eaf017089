package io.selfupgrade.config;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Json;
import java.util.List;
import java.util.Optional;

/**
 * Where the configuration of agents is kept.
 *
 * <p>Not fenced: each write names the version that it expects, so any instance may write.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>A write changes something only if the key's version is the expected one, 0 for a key
 *       without a value; else it answers {@link SettingResult.Conflict} with what is there.
 *   <li>Of writes that expect the same version at the same time, one is stored.
 *   <li>Versions rise with each write of a key and are not used again after a removal.
 *   <li>{@link #all} is sorted by key, and shows the settings of one instant.
 * </ol>
 */
public interface SettingsStore {

  /** Reads a setting. */
  Optional<Setting> get(AgentName agent, String key);

  /** Sets a value; answers {@code Stored} or {@code Conflict}. */
  SettingResult put(AgentName agent, String key, Json value, long expectedVersion);

  /** Removes a value; answers {@code Removed} or {@code Conflict}. */
  SettingResult remove(AgentName agent, String key, long expectedVersion);

  /** Reads all settings of an agent. */
  List<Setting> all(AgentName agent);
}
