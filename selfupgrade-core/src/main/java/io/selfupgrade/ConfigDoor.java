package io.selfupgrade;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Json;
import io.selfupgrade.config.Config;
import io.selfupgrade.config.Setting;
import io.selfupgrade.config.SettingResult;
import io.selfupgrade.config.SettingsStore;
import io.selfupgrade.core.json.JsonText;
import java.util.List;
import java.util.Optional;

/** Checks what is asked of the configuration, and asks the store. */
final class ConfigDoor implements Config {

  private static final int MAX_BYTES = 256 << 10;

  private final AgentName agent;
  private final StoreDoor door;

  ConfigDoor(AgentName agent, StoreDoor door) {
    this.agent = agent;
    this.door = door;
  }

  @Override
  public Optional<Setting> get(String key) {
    Setting.requireKey(key);
    return settings().get(agent, key);
  }

  @Override
  public SettingResult put(String key, Json value, long expectedVersion) {
    Setting.requireKey(key);
    JsonText.requireJson("the value of " + key, value.text(), MAX_BYTES);
    if (expectedVersion < 0) {
      throw new IllegalArgumentException(
          "expected version "
              + expectedVersion
              + ": expected 0 for a new key, else one that was"
              + " read");
    }
    return settings().put(agent, key, value, expectedVersion);
  }

  @Override
  public SettingResult remove(String key, long expectedVersion) {
    Setting.requireKey(key);
    if (expectedVersion < 1) {
      throw new IllegalArgumentException(
          "expected version " + expectedVersion + ": expected the one that was read");
    }
    return settings().remove(agent, key, expectedVersion);
  }

  @Override
  public List<Setting> all() {
    return settings().all(agent);
  }

  private SettingsStore settings() {
    return door.opened().settings();
  }
}
