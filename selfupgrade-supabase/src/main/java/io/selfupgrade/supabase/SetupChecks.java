package io.selfupgrade.supabase;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.supabase.PgCron.Entry;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/** Looks whether what was set up works; changes nothing. */
final class SetupChecks {

  private static final Duration LONGEST_CALL = Duration.ofSeconds(20);

  private static final String OPEN_TABLES =
      """
      select c.relname as name from pg_class c
       where c.relnamespace = 'selfupgrade'::regnamespace and c.relkind in ('r', 'p') and not c.relrowsecurity
       order by 1
      """;

  private static final String STRANGERS =
      """
      select distinct c.relname || ' to ' || coalesce(r.rolname, 'everybody') as name
        from pg_class c cross join lateral aclexplode(c.relacl) a left join pg_roles r on r.oid = a.grantee
       where c.relnamespace = 'selfupgrade'::regnamespace
         and (a.grantee = 0 or r.rolname in ('anon', 'authenticated'))
      union
      select 'schema to ' || coalesce(r.rolname, 'everybody')
        from pg_namespace n cross join lateral aclexplode(n.nspacl) a left join pg_roles r on r.oid = a.grantee
       where n.nspname = 'selfupgrade' and (a.grantee = 0 or r.rolname in ('anon', 'authenticated'))
      order by 1
      """;

  private static final String LACKING =
      """
      select c.relname as name from pg_class c
       where c.relnamespace = 'selfupgrade'::regnamespace and c.relkind in ('r', 'p')
         and not (has_table_privilege('selfupgrade_agent', c.oid, 'select')
                  and (c.relname in ('schema_history', 'task_handlers')
                       or c.relname = 'watches' and has_any_column_privilege('selfupgrade_agent', c.oid, 'insert')
                          and has_any_column_privilege('selfupgrade_agent', c.oid, 'update')
                       or has_table_privilege('selfupgrade_agent', c.oid, 'insert')
                          and has_table_privilege('selfupgrade_agent', c.oid, 'update')
                          and has_table_privilege('selfupgrade_agent', c.oid, 'delete')))
       order by 1
      """;

  private static final String OWNERS =
      """
      select 'watches.' || a.attname as name from pg_attribute a
       where a.attrelid = 'selfupgrade.watches'::regclass and a.attnum > 0 and not a.attisdropped
         and a.attname not in ('agent', 'notifiers', 'retention')
         and (has_column_privilege('selfupgrade_agent', a.attrelid, a.attnum, 'insert')
              or has_column_privilege('selfupgrade_agent', a.attrelid, a.attnum, 'update'))
      union all
      select 'task_handlers to write' where has_table_privilege('selfupgrade_agent', 'selfupgrade.task_handlers', 'insert, update, delete')
      union all
      select p.proname from pg_proc p
       where p.pronamespace = 'selfupgrade'::regnamespace and p.proname in ('set_watch', 'secure_tables', 'register_handler', 'unregister_handler', 'run_due')
         and has_function_privilege('selfupgrade_agent', p.oid, 'execute')
       order by 1
      """;

  private static final String TOO_MUCH =
      """
      select name from (
          select 'superuser' as name from pg_roles where rolname = current_user and rolsuper
          union all select 'bypassrls' from pg_roles where rolname = current_user and rolbypassrls
          union all select 'createrole' from pg_roles where rolname = current_user and rolcreaterole
          union all select 'create in schema selfupgrade' where has_schema_privilege('selfupgrade', 'create')) m
      """;

  private static final String EXTENSIONS =
      """
      select a.name || ' ' || coalesce(a.installed_version, '(not created)') as name
        from pg_available_extensions a where a.name in ('pg_cron', 'pg_net', 'supabase_vault', 'vector') order by 1
      """;

  private final SetupDatabase database;
  private final AgentLogin login;
  private final SupabaseSetup.Functions functions;
  private final SetupNotes notes;

  SetupChecks(SetupDatabase database, AgentLogin login, SupabaseSetup.Functions functions) {
    this.database = database;
    this.login = login;
    this.functions = functions;
    this.notes = database.notes();
  }

  void look() throws IOException, SQLException {
    List<MigrationFile> missing =
        new MigrationRunner(database.connection()).missing(MigrationFile.own());
    if (missing.isEmpty()) {
      int all = MigrationFile.own().size();
      notes.good("schema", "all " + all + " migrations are applied");
      database.attempt("rights", this::rights);
      database.attempt("job", this::jobs);
      database.attempt("login", this::connect);
    }
    notes.good("extensions", listed(names(EXTENSIONS), "none of those that are used if there"));
    functions();
  }

  private void rights() throws SQLException {
    tell(
        "tables without row level security",
        names(OPEN_TABLES),
        "row level security on every table");
    tell(
        "rights of others than the agent: select selfupgrade.secure_tables() takes them away",
        names(STRANGERS),
        "no rights for anon, authenticated and everybody");
    if (database.any("select 1 from pg_roles where rolname = 'selfupgrade_agent'")) {
      tell(
          "tables that the agent may not use: select selfupgrade.secure_tables() gives the rights",
          names(LACKING),
          "selfupgrade_agent reads and writes the tables");
      tell(
          "rights that are the owner's alone: select selfupgrade.secure_tables() takes them away",
          names(OWNERS),
          "nobody but the owner says whom the database calls");
    }
  }

  private void tell(String problem, List<String> found, String good) {
    if (found.isEmpty()) {
      notes.good("rights", good);
    } else {
      notes.wrong("rights", problem + ": " + String.join(", ", found));
    }
  }

  private void jobs() throws SQLException {
    List<Entry> entries = database.cron().jobs();
    for (PgCron.Job job : PgCron.Job.values()) {
      String runner =
          database
              .statements()
              .first(
                  "select runner from selfupgrade.jobs where job = ?",
                  row -> row.text("runner"),
                  Arguments.of(job.jobName()))
              .orElse("NOBODY");
      Entry entry = entries.stream().filter(each -> each.job() == job).findFirst().orElse(null);
      String name = job.jobName() + ": ";
      if (entry != null) {
        notes.good(
            "job",
            name + entry.schedule() + (entry.active() ? " by pg_cron" : ", paused, and stays so"));
      } else if (runner.equals("AGENT")) {
        notes.good("job", name + "run by the agent's primary");
      } else if (runner.equals("NOBODY")) {
        notes.good("job", name + "run by nobody, as it was set");
      } else {
        notes.wrong(
            "job",
            name
                + "it is pg_cron's, which does not have it: PgCron.create(...) gives it back to"
                + " pg_cron, PgCron.remove(...) to the primaries");
      }
    }
  }

  /** As the agent would: with its rights, and without changing the schema. */
  private void connect() throws SQLException {
    if (login.url().isEmpty() || !login.there()) {
      if (login.there()) {
        notes.good(
            "login",
            login.role() + " is there; its password is not known here, so it was not tried");
      }
      return;
    }
    DatabaseUrl url = DatabaseUrl.parse(login.url().get());
    try (PostgresStore store =
        PostgresStore.at(Secret.of(login.url().get())).migrations(Migrations.VERIFY)) {
      store.open(SchemaMode.VERIFY);
      notes.good("login", login.role() + " connects and finds its schema; " + store.describe());
    } catch (AdapterException e) {
      notes.wrong(
          "login",
          "connecting as "
              + login.role()
              + ": "
              + e.getMessage()
              + "; a role that is there keeps its password: set it by \\password "
              + login.role()
              + " in psql, and in the agent's URL");
      return;
    }
    try (var connection = new Connector(() -> url).getConnection()) {
      List<String> more =
          new Statements(connection).list(TOO_MUCH, row -> row.text("name"), Arguments.of());
      tell(
          login.role() + " has rights that no agent needs",
          more,
          login.role() + " has no right that an agent does not need");
    }
  }

  private void functions() {
    if (functions.project().isEmpty()) {
      return;
    }
    EdgeCall call = new EdgeCall(functions.project().get(), functions.key().orElse(Secret.of("")));
    try {
      boolean up = call.health(LONGEST_CALL);
      notes.good("functions", "health answers; the agent is " + (up ? "up" : "down"));
    } catch (AdapterException e) {
      notes.wrong("functions", String.valueOf(e.getMessage()));
      return;
    }
    if (functions.key().isPresent() && functions.agent().isPresent()) {
      try {
        EdgeFunctions.of(functions.project().get(), functions.agent().get(), functions.key().get())
            .status();
        notes.good("functions", "agent-core takes the key and knows the agent");
      } catch (AdapterException e) {
        told(String.valueOf(e.getMessage()));
      }
    }
  }

  private void told(String message) {
    if (message.contains("unknown_agent")) {
      notes.good("functions", "agent-core takes the key; the agent has not been started yet");
    } else {
      notes.wrong("functions", message);
    }
  }

  private List<String> names(String sql) throws SQLException {
    return database.statements().list(sql, row -> row.text("name"), Arguments.of());
  }

  private static String listed(List<String> names, String none) {
    return names.isEmpty() ? none : names.stream().collect(Collectors.joining(", "));
  }
}
