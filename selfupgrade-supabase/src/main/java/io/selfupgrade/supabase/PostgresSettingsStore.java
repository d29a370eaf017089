package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Json;
import io.selfupgrade.config.Setting;
import io.selfupgrade.config.SettingResult;
import io.selfupgrade.config.SettingsStore;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** The configuration of agents, guarded by the expected version. */
final class PostgresSettingsStore implements SettingsStore {

  private static final String PORT = "SettingsStore";
  private static final String COLUMNS = "key, value::text as value, version, changed_at";
  private static final String READ =
      "select " + COLUMNS + " from selfupgrade.settings where agent = ?";

  private static final String CREATE =
      "insert into selfupgrade.settings (agent, key, value) values (?, ?, ?::jsonb)"
          + " on conflict (agent, key) do nothing returning "
          + COLUMNS;

  private static final String CHANGE =
      "update selfupgrade.settings set value = ?::jsonb, version = default,"
          + " changed_at = clock_timestamp() where agent = ? and key = ? and version = ? returning "
          + COLUMNS;

  private static final String REMOVE =
      "delete from selfupgrade.settings where agent = ? and key = ? and version = ?";

  private final Database database;

  PostgresSettingsStore(Database database) {
    this.database = database;
  }

  @Override
  public Optional<Setting> get(AgentName agent, String key) {
    return database.call(
        PORT, "reading setting " + key, statements -> read(statements, agent, key));
  }

  @Override
  public SettingResult put(AgentName agent, String key, Json value, long expectedVersion) {
    return database.call(
        PORT,
        "storing setting " + key,
        statements -> {
          Optional<Setting> stored =
              expectedVersion == 0
                  ? statements.first(
                      CREATE, PostgresSettingsStore::setting, Arguments.of(agent, key, value))
                  : statements.first(
                      CHANGE,
                      PostgresSettingsStore::setting,
                      Arguments.of(value, agent, key, expectedVersion));
          return stored.isPresent()
              ? new SettingResult.Stored(stored.get())
              : new SettingResult.Conflict(key, expectedVersion, read(statements, agent, key));
        });
  }

  @Override
  public SettingResult remove(AgentName agent, String key, long expectedVersion) {
    return database.call(
        PORT,
        "removing setting " + key,
        statements ->
            statements.update(REMOVE, Arguments.of(agent, key, expectedVersion)) > 0
                ? new SettingResult.Removed(key)
                : new SettingResult.Conflict(key, expectedVersion, read(statements, agent, key)));
  }

  @Override
  public List<Setting> all(AgentName agent) {
    return database.call(
        PORT,
        "reading the settings of " + agent,
        statements ->
            statements.list(
                READ + " order by key collate \"C\"",
                PostgresSettingsStore::setting,
                Arguments.of(agent)));
  }

  private static Optional<Setting> read(Statements statements, AgentName agent, String key)
      throws SQLException {
    return statements.first(
        READ + " and key = ?", PostgresSettingsStore::setting, Arguments.of(agent, key));
  }

  private static Setting setting(Row row) throws SQLException {
    return new Setting(
        row.text("key"),
        Json.of(row.text("value")),
        row.number("version"),
        row.instant("changed_at"));
  }
}
