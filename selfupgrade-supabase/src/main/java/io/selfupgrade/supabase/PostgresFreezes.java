package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import java.time.Instant;
import java.util.Optional;

/** The agents whose forward effects are stopped. */
final class PostgresFreezes {

  private static final String PORT = "UpgradeJournal";

  private final Database database;

  PostgresFreezes(Database database) {
    this.database = database;
  }

  Optional<String> frozen(AgentName agent) {
    return database.call(
        PORT,
        "reading whether " + agent + " is frozen",
        statements ->
            statements.first(
                "select why from selfupgrade.freezes where agent = ?",
                row -> row.text("why"),
                Arguments.of(agent)));
  }

  Optional<Instant> frozenSince(AgentName agent) {
    return database.call(
        PORT,
        "reading since when " + agent + " is frozen",
        statements ->
            statements.first(
                "select at from selfupgrade.freezes where agent = ?",
                row -> row.instant("at"),
                Arguments.of(agent)));
  }

  void freeze(AgentName agent, String why) {
    database.call(
        PORT,
        "freezing " + agent,
        statements ->
            statements.update(
                "insert into selfupgrade.freezes (agent, why) values (?, ?)"
                    + " on conflict (agent) do update set why = excluded.why",
                Arguments.of(agent, why)));
  }

  void unfreeze(AgentName agent) {
    database.call(
        PORT,
        "ending the freeze of " + agent,
        statements ->
            statements.update(
                "delete from selfupgrade.freezes where agent = ?", Arguments.of(agent)));
  }
}
