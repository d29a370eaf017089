package io.selfupgrade.supabase;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.supabase.PgCron.Entry;
import io.selfupgrade.supabase.PgCron.Job;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** Gives the jobs of the watch to pg_cron, each once: what is taken back stays taken back. */
final class SetupJobs {

  private static final String SUBJECT = "job";

  private final SetupDatabase database;
  private final SetupNotes notes;

  SetupJobs(SetupDatabase database) {
    this.database = database;
    this.notes = database.notes();
  }

  void schedule() throws IOException, SQLException {
    PgCron cron = database.cron();
    if (!cron.available()) {
      notes.good(SUBJECT, "there is no pg_cron: the agent's primary runs the jobs while it is up");
      return;
    }
    boolean schema = database.has("selfupgrade.jobs");
    List<Entry> entries = schema ? cron.jobs() : List.of();
    for (Job job : Job.values()) {
      boolean known = schema && setUp(job);
      Optional<Entry> entry = entries.stream().filter(each -> each.job() == job).findFirst();
      if (entry.isPresent()) {
        if (!known) {
          notes.change(
              SUBJECT,
              job.jobName() + ": found in pg_cron, and left as it is",
              () -> mark(database.statements(), job));
        }
      } else if (!known) {
        try {
          notes.change(
              SUBJECT,
              job.jobName() + ": given to pg_cron, " + job.schedule(),
              () -> {
                cron.create(job);
                mark(database.statements(), job);
              });
        } catch (AdapterException e) {
          notes.wrong(SUBJECT, String.valueOf(e.getMessage()));
        }
      }
    }
  }

  private boolean setUp(Job job) throws SQLException {
    boolean column =
        database.any(
            "select 1 from pg_attribute where attrelid = to_regclass('selfupgrade.jobs')"
                + " and attname = 'set_up_at' and not attisdropped");
    return column
        && database.any(
            "select 1 from selfupgrade.jobs where job = ? and set_up_at is not null",
            job.jobName());
  }

  private static void mark(Statements statements, Job job) throws SQLException {
    statements.update(
        "update selfupgrade.jobs set set_up_at = clock_timestamp() where job = ?",
        Arguments.of(job.jobName()));
  }
}
