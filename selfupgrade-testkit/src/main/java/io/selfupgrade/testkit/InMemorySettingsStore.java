package io.selfupgrade.testkit;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Json;
import io.selfupgrade.config.Setting;
import io.selfupgrade.config.SettingResult;
import io.selfupgrade.config.SettingsStore;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The configuration in memory; values keep the white space that they were given. */
final class InMemorySettingsStore implements SettingsStore {

  private final InMemoryState state;

  InMemorySettingsStore(InMemoryState state) {
    this.state = state;
  }

  @Override
  public Optional<Setting> get(AgentName agent, String key) {
    return state.transact(() -> Optional.ofNullable(settings(agent).get(key)));
  }

  @Override
  public SettingResult put(AgentName agent, String key, Json value, long expectedVersion) {
    return state.transact(
        () -> {
          Optional<Setting> seen = get(agent, key);
          if (version(seen) != expectedVersion) {
            return new SettingResult.Conflict(key, expectedVersion, seen);
          }
          Setting stored = new Setting(key, value, state.nextVersion(), state.now());
          settings(agent).put(key, stored);
          return new SettingResult.Stored(stored);
        });
  }

  @Override
  public SettingResult remove(AgentName agent, String key, long expectedVersion) {
    return state.transact(
        () -> {
          Optional<Setting> seen = get(agent, key);
          if (seen.isEmpty() || seen.get().version() != expectedVersion) {
            return new SettingResult.Conflict(key, expectedVersion, seen);
          }
          settings(agent).remove(key);
          return new SettingResult.Removed(key);
        });
  }

  @Override
  public List<Setting> all(AgentName agent) {
    return state.transact(() -> List.copyOf(settings(agent).values()));
  }

  private Map<String, Setting> settings(AgentName agent) {
    return state.rows(agent).settings;
  }

  private static long version(Optional<Setting> seen) {
    return seen.map(Setting::version).orElse(0L);
  }
}
