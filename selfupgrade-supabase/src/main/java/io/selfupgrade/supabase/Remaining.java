package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.supabase.SetupReport.Line;
import io.selfupgrade.supabase.SetupReport.Mark;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What only a person can do, with the commands. */
final class Remaining {

  private static final String HOST = ".supabase.co";

  private final Optional<Path> folder;
  private final SupabaseSetup.Functions functions;
  private final SetupNotes notes;

  Remaining(Optional<Path> folder, SupabaseSetup.Functions functions, SetupNotes notes) {
    this.folder = folder;
    this.functions = functions;
    this.notes = notes;
  }

  /** Adds what is left after the steps that say so themselves. */
  void add() {
    List<Line> lines = notes.report().lines();
    boolean database =
        lines.stream().anyMatch(line -> line.subject().equals(SetupDatabase.SUBJECT));
    if (!database) {
      notes.left(
          "apply the migrations: supabase db push --include-all, or this command with the database's"
              + " URL, which makes the login too and looks whether all works");
    }
    boolean answered =
        lines.stream()
            .anyMatch(line -> line.subject().equals("functions") && line.mark() == Mark.GOOD);
    if (folder.isPresent() && !answered) {
      functions(folder.get());
    }
  }

  private void functions(Path project) {
    String agent = functions.agent().map(AgentName::value).orElse("AGENT");
    notes.left(
        "write supabase/.env.functions.local, which Git ignores, with what the functions need:"
            + " SELFUPGRADE_AGENT="
            + agent
            + " and, for GitHub's webhook, SELFUPGRADE_REPOSITORY=OWNER/NAME and"
            + " SELFUPGRADE_WEBHOOK_SECRET=... (docs/edge-functions.md)");
    notes.left(
        "deploy the functions: cd "
            + project.toAbsolutePath().normalize()
            + " && supabase login && supabase link --project-ref "
            + reference()
            + " && supabase secrets set --env-file supabase/.env.functions.local && supabase functions deploy");
    notes.left(
        "look whether they answer: this command again, with --project https://"
            + reference()
            + HOST);
  }

  private String reference() {
    return functions
        .project()
        .map(URI::getHost)
        .filter(host -> host.endsWith(HOST))
        .map(host -> host.substring(0, host.length() - HOST.length()))
        .orElse("REFERENCE");
  }
}
