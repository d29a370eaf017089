package io.selfupgrade.supabase;

import io.selfupgrade.supabase.PgCron.Job;

/**
 * All that a set-up does to a database, as one script of plain statements: for {@code psql}, for
 * the SQL editor of Supabase, for whoever does not let programs in as the owner.
 *
 * <p>One transaction, under the lock that the runner takes. Each migration is applied only if the
 * history does not have it, so that the script may be run again, and be that of a later version.
 */
final class SqlScript {

  private static final String TAG = "$selfupgrade_migration$";

  private static final String HEAD =
      """
      -- SelfUpgrade: schema, role and jobs, for a DBA. Run it as the owner of the database (on Supabase postgres):
      --     psql -v ON_ERROR_STOP=1 -f selfupgrade.sql "$URL"
      -- It may be run again, also that of a later version: what is there is left as it is.
      begin;
      set local lock_timeout = '120s';
      select pg_advisory_xact_lock(%d);
      """;

  private static final String MIGRATION =
      """

      do $selfupgrade$
      begin
          if to_regclass('selfupgrade.schema_history') is not null then
              if exists (select from selfupgrade.schema_history where version = '%1$s') then
                  return;
              end if;
          end if;
          execute %4$s
      %3$s%4$s;
          insert into selfupgrade.schema_history (version, name, sha256) values ('%1$s', '%2$s', '%5$s')
          on conflict (version) do update set sha256 = excluded.sha256;
      end
      $selfupgrade$;
      """;

  private static final String CLI =
      """

      -- What was applied here counts as applied for `supabase db push` too, where that has been used.
      do $selfupgrade$
      begin
          if to_regclass('supabase_migrations.schema_migrations') is not null then
              insert into supabase_migrations.schema_migrations (version)
              select h.version from selfupgrade.schema_history h where h.version in (%s)
              on conflict (version) do nothing;
          end if;
      end
      $selfupgrade$;
      """;

  private static final String LOGIN =
      """

      -- The agent's login, without a password: set one by \\password %1$s in psql.
      do $selfupgrade$
      begin
          if not exists (select from pg_roles where rolname = '%1$s') then
              create role "%1$s" login in role selfupgrade_agent;
          elsif not exists (select from pg_auth_members m
                             where m.roleid = 'selfupgrade_agent'::regrole and m.member = '"%1$s"'::regrole) then
              grant selfupgrade_agent to "%1$s";
          end if;
      end
      $selfupgrade$;
      """;

  private static final String JOBS =
      """

      -- The jobs that go on when no agent is up. Without pg_cron the agent's primary runs them. Each is given to pg_cron
      -- once: what is paused, changed or taken back later stays so.
      do $selfupgrade$
      declare
          one record;
      begin
          if not exists (select from pg_extension where extname = 'pg_cron') then
              return;
          end if;
          for one in select * from (values
      %s) as j (name, schedule, command) loop
              if exists (select from selfupgrade.jobs where job = one.name and set_up_at is null)
                 and not exists (select from cron.job where jobname = one.name and database = current_database()) then
                  perform cron.schedule(one.name, one.schedule, one.command);
                  update selfupgrade.jobs set runner = 'DATABASE', since = clock_timestamp() where job = one.name;
              end if;
              update selfupgrade.jobs set set_up_at = clock_timestamp() where job = one.name and set_up_at is null;
          end loop;
      end
      $selfupgrade$;
      """;

  private SqlScript() {}

  static String of(String login) {
    StringBuilder script = new StringBuilder(HEAD.formatted(MigrationRunner.LOCK_KEY));
    StringBuilder versions = new StringBuilder();
    for (MigrationFile file : MigrationFile.own()) {
      script.append(migration(file));
      versions.append(versions.isEmpty() ? "" : ", ").append(quoted(file.version()));
    }
    script.append(CLI.formatted(versions));
    script.append(LOGIN.formatted(login));
    script.append(JOBS.formatted(jobs()));
    return script.append("\ncommit;\n").toString();
  }

  private static String migration(MigrationFile file) {
    if (file.sql().contains(TAG)) {
      throw new IllegalStateException(file.name() + " has " + TAG + " in it");
    }
    return MIGRATION.formatted(file.version(), file.name(), file.sql(), TAG, file.sha256());
  }

  private static String jobs() {
    StringBuilder values = new StringBuilder();
    for (Job job : Job.values()) {
      values
          .append(values.isEmpty() ? "" : ",\n")
          .append("        (")
          .append(quoted(job.jobName()))
          .append(", ")
          .append(quoted(job.schedule()))
          .append(", ")
          .append(quoted(CronTable.command(job)))
          .append(')');
    }
    return values.toString();
  }

  private static String quoted(String text) {
    return "'" + text.replace("'", "''") + "'";
  }
}
