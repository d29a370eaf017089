package io.selfupgrade.supabase;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Secret;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What is done to a database, in order: each step is a transaction of its own, or several. */
final class DatabaseSteps {

  private static final String MIGRATIONS = "migration";
  private static final String VAULT = "vault";
  static final String VAULT_NAME = "selfupgrade_secret_key";

  /** Duplicate table, object, function, column, schema: something is there that nobody noted. */
  private static final Set<String> ALREADY_THERE =
      Set.of("42P07", "42710", "42723", "42701", "42P06");

  private final SetupDatabase database;
  private final AgentLogin login;
  private final SupabaseSetup.Functions functions;
  private final boolean withFolder;
  private final SetupNotes notes;

  DatabaseSteps(
      SetupDatabase database,
      AgentLogin login,
      SupabaseSetup.Functions functions,
      boolean withFolder) {
    this.database = database;
    this.login = login;
    this.functions = functions;
    this.withFolder = withFolder;
    this.notes = database.notes();
  }

  void run() throws IOException, SQLException {
    migrate();
    database.attempt(MIGRATIONS, this::tellTheCli);
    database.attempt("login", () -> login.ensure(database));
    database.attempt("jobs", () -> new SetupJobs(database).schedule());
    database.attempt(VAULT, this::keepTheKey);
    database.attempt("watch", this::watch);
    new SetupChecks(database, login, functions).look();
  }

  private void migrate() throws IOException, SQLException {
    MigrationRunner runner = new MigrationRunner(database.connection());
    for (MigrationFile file : runner.missing(MigrationFile.own())) {
      try {
        notes.change(MIGRATIONS, file.name() + ": applied", () -> runner.apply(List.of(file)));
      } catch (AdapterException e) {
        throw explained(file, e);
      }
    }
  }

  private static AdapterException explained(MigrationFile file, AdapterException e) {
    String state =
        e.getCause() instanceof SQLException sql ? String.valueOf(sql.getSQLState()) : "";
    if (ALREADY_THERE.contains(state)) {
      return SetupNotes.failed(
          "migration "
              + file.name()
              + " finds something of its own in the database that no history names, as an earlier"
              + " run of another tool leaves it that ended half-way: if nothing in it is needed,"
              + " drop schema selfupgrade cascade and run this again; else have its rows in"
              + " selfupgrade.schema_history say what was applied",
          e);
    }
    if (state.equals("42501")) {
      return SetupNotes.failed(
          "migration "
              + file.name()
              + " is not allowed for this login: take the URL of the database's owner (on Supabase"
              + " postgres), or give the output of print-sql to whoever is",
          e);
    }
    return e;
  }

  /** Else {@code supabase db push} would apply them a second time, and fail. */
  private void tellTheCli() throws IOException, SQLException {
    boolean there = database.has("supabase_migrations.schema_migrations");
    if (!there && !withFolder) {
      return;
    }
    List<MigrationFile> unknown = CliHistory.unknown(database.statements(), MigrationFile.own());
    if (unknown.isEmpty()) {
      return;
    }
    database.change(
        MIGRATIONS,
        unknown.size() + " noted as applied for the Supabase CLI",
        statements -> {
          if (!there) {
            CliHistory.make(statements);
          }
          CliHistory.note(statements, unknown);
          return true;
        });
  }

  /** The key by which the database may call functions; Vault keeps it encrypted. */
  private void keepTheKey() throws IOException, SQLException {
    if (functions.key().isEmpty()) {
      return;
    }
    if (!database.has("vault.decrypted_secrets")) {
      notes.good(VAULT, "this database has none: the secret key is not stored");
      notes.left(
          "without Vault the database cannot call a function with a key: let a monitor of yours call"
              + " self-upgrade with {\"action\": \"redeploy\"} after an outage; where the extension"
              + " is available, create extension supabase_vault and run this again");
      return;
    }
    Secret key = functions.key().get();
    Optional<String> kept =
        database
            .statements()
            .first(
                "select decrypted_secret as value from vault.decrypted_secrets where name = ?",
                row -> row.textIfAny("value").orElse(""),
                Arguments.of(VAULT_NAME));
    if (kept.isEmpty()) {
      database.change(
          VAULT,
          "secret key stored as " + VAULT_NAME,
          statements ->
              statements.any(
                  "select vault.create_secret(?, ?, ?)",
                  Arguments.of(
                      key.reveal().strip(),
                      VAULT_NAME,
                      "the key by which SelfUpgrade's health job calls Edge Functions")));
    } else if (kept.get().equals(key.reveal().strip())) {
      notes.good(VAULT, "the secret key is stored as " + VAULT_NAME);
    } else {
      notes.yours(
          VAULT,
          VAULT_NAME
              + " holds another key than the one given, and was left alone; change it by select"
              + " vault.update_secret((select id from vault.secrets where name = '"
              + VAULT_NAME
              + "'), 'NEW KEY')");
    }
  }

  private void watch() throws IOException, SQLException {
    if (!functions.redeploys()) {
      return;
    }
    if (!database.has("vault.decrypted_secrets")) {
      notes.wrong("watch", "not set: the call would have no key, as there is no Vault to keep it");
      return;
    }
    String agent = functions.agent().orElseThrow().value();
    String url = functions.project().orElseThrow().resolve("/functions/v1/self-upgrade").toString();
    Optional<String> set =
        database.has("selfupgrade.watches")
            ? database
                .statements()
                .first(
                    "select concat_ws(' ', call_url, call_secret) as calls"
                        + " from selfupgrade.watches where agent = ? and (redeploy or call_url is not null)",
                    row -> row.text("calls"),
                    Arguments.of(agent))
            : Optional.empty();
    String wanted = url + " " + VAULT_NAME;
    if (set.isEmpty()) {
      database.change(
          "watch",
          "an outage of " + agent + " calls " + url,
          statements ->
              statements.any(
                  "select selfupgrade.set_watch(?, true, ?, ?)",
                  Arguments.of(agent, url, VAULT_NAME)));
    } else if (set.get().equals(wanted)) {
      notes.good("watch", "an outage of " + agent + " calls " + url);
    } else {
      notes.yours("watch", agent + " is watched in another way, which was left alone");
    }
  }
}
