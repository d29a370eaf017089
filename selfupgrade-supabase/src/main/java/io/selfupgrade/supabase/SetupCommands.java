package io.selfupgrade.supabase;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.ConfigurationException;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.supabase.SetupReport.Line;
import io.selfupgrade.supabase.SetupReport.Mark;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The command line of the set-up. */
final class SetupCommands {

  private static final int FAILED = 1;
  private static final int BAD_USAGE = 2;
  private static final int NOT_GOOD = 3;

  private static final String USAGE =
      """
      usage: setup COMMAND ...

        run [DIR]     sets a project up: writes DIR/supabase (DIR is the current folder unless named), applies the
                      migrations, makes the agent's login, gives the jobs to pg_cron, stores the key in Vault, looks
                      whether all of it works, and says what is left for you; may be run again, and changes nothing
                      that you have changed
            --dry-run                            says what it would do, changes nothing
            --folder-only, --database-only       only the one
            --url-env NAME, --url-file FILE      where the URL of the database's owner is (SUPABASE_DB_URL)
            --agent NAME                         the agent's name, as it is given to SelfUpgrade.builder(...)
            --login ROLE                         the agent's login (selfupgrade_login)
            --password-env NAME, --password-file FILE    its password if it is made now; else one is generated
            --login-file FILE                    where its URL is kept then (DIR/supabase/.env.selfupgrade.local)
            --print-login                        prints its URL instead, once
            --project URL                        looks whether the functions of https://REFERENCE.supabase.co answer
            --key-env NAME, --key-file FILE      where the project's secret key is (SUPABASE_SECRET_KEY, if it is set)
            --redeploy                           an outage of the agent calls its redeployment; takes agent, project, key
        print-sql     prints the statements for a DBA, as one script that may be run twice
            --login ROLE                         the agent's login (selfupgrade_login), made without a password

      Passwords and keys are never on the command line. Options may be written as --option VALUE or --option=VALUE.
      Exit code: 0 done, or nothing to do; 1 failed; 2 wrong usage; 3 done, but something is not as it should be.
      """;

  private static final Set<String> VALUES =
      Set.of(
          "url-env",
          "url-file",
          "agent",
          "login",
          "password-env",
          "password-file",
          "login-file",
          "project",
          "key-env",
          "key-file");
  private static final Set<String> FLAGS =
      Set.of("dry-run", "folder-only", "database-only", "print-login", "redeploy");

  private final PrintStream out;
  private final PrintStream err;
  private final Function<String, @Nullable String> environment;

  SetupCommands(PrintStream out, PrintStream err, Function<String, @Nullable String> environment) {
    this.out = out;
    this.err = err;
    this.environment = environment;
  }

  /** Runs one command and returns its exit code. */
  int run(List<String> args) {
    if (args.isEmpty() || Set.of("help", "--help", "-h").contains(args.get(0))) {
      (args.isEmpty() ? err : out).print(USAGE);
      return args.isEmpty() ? BAD_USAGE : 0;
    }
    try {
      return command(args.get(0), args.subList(1, args.size()));
    } catch (ConfigurationException | IllegalArgumentException e) {
      err.println("wrong usage: " + e.getMessage());
      err.println("see: setup help");
      return BAD_USAGE;
    } catch (AdapterException e) {
      err.println("failed: " + e.getMessage());
      return FAILED;
    }
  }

  private int command(String command, List<String> args) {
    return switch (command) {
      case "run" -> setUp(CommandLine.parse(args, VALUES, FLAGS));
      case "print-sql" -> printSql(CommandLine.parse(args, Set.of("login"), Set.of()));
      default ->
          throw new IllegalArgumentException(
              "unknown command " + command + ": expected run or print-sql");
    };
  }

  private int printSql(CommandLine line) {
    line.operands(0);
    out.print(SupabaseSetup.sql(line.one("login").orElse(SupabaseSetup.DEFAULT_LOGIN)));
    return 0;
  }

  private int setUp(CommandLine line) {
    SupabaseSetup setup = described(line);
    boolean dry = line.flag("dry-run");
    SetupReport report = dry ? setup.plan() : setup.run();
    print(report, dry);
    return report.good() ? 0 : NOT_GOOD;
  }

  private SupabaseSetup described(CommandLine line) {
    List<String> operands = line.operands(1);
    if (operands.stream().anyMatch(word -> word.contains("://"))) {
      throw new IllegalArgumentException(
          "a URL is not given on the command line, where others see it: set SUPABASE_DB_URL");
    }
    boolean folderOnly = line.flag("folder-only");
    boolean databaseOnly = line.flag("database-only");
    if (folderOnly && databaseOnly) {
      throw new IllegalArgumentException("--folder-only and --database-only: expected one of them");
    }
    if (databaseOnly && !operands.isEmpty()) {
      throw new IllegalArgumentException(
          "--database-only takes no folder: leave " + operands + " out");
    }
    Path folder = Path.of(operands.isEmpty() ? "" : operands.get(0));
    SupabaseSetup setup = databaseOnly ? SupabaseSetup.withoutFolder() : SupabaseSetup.in(folder);
    if (!folderOnly) {
      setup = setup.database(url(line));
    }
    setup = login(setup, line);
    Optional<Secret> key = secret(line, "key").or(() -> inEnvironment("SUPABASE_SECRET_KEY"));
    Optional<String> agent = line.one("agent");
    Optional<String> project = line.one("project");
    if (key.isPresent()) {
      setup = setup.secretKey(key.get());
    }
    if (agent.isPresent()) {
      setup = setup.agent(new AgentName(agent.get()));
    }
    if (project.isPresent()) {
      setup = setup.project(URI.create(project.get()));
    }
    return line.flag("redeploy") ? setup.redeploying() : setup;
  }

  private SupabaseSetup login(SupabaseSetup described, CommandLine line) {
    SupabaseSetup setup = described;
    Optional<String> role = line.one("login");
    Optional<Secret> password = secret(line, "password");
    Optional<String> file = line.one("login-file");
    if (role.isPresent()) {
      setup = setup.login(role.get());
    }
    if (password.isPresent()) {
      setup = setup.password(password.get());
    }
    if (file.isPresent()) {
      setup = setup.loginFile(Path.of(file.get()));
    }
    return line.flag("print-login") ? setup.handingLogin() : setup;
  }

  private Secret url(CommandLine line) {
    return secret(line, "url")
        .or(() -> inEnvironment("SUPABASE_DB_URL"))
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no database URL: set SUPABASE_DB_URL to that of the database's owner (on"
                        + " Supabase under Connect in the dashboard, session pooler or direct), name"
                        + " another variable by --url-env or a file by --url-file, or write the"
                        + " folder alone by --folder-only"));
  }

  /** Reads what stands in a variable or a file of that name; never on the command line. */
  private Optional<Secret> secret(CommandLine line, String name) {
    Optional<String> variable = line.one(name + "-env");
    Optional<String> file = line.one(name + "-file");
    if (variable.isPresent() && file.isPresent()) {
      throw new IllegalArgumentException(
          "--" + name + "-env and --" + name + "-file: expected one of them");
    }
    if (variable.isPresent()) {
      return Optional.of(
          inEnvironment(variable.get())
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "environment variable " + variable.get() + " is not set: set it")));
    }
    return file.map(path -> inFile(Path.of(path)));
  }

  private Optional<Secret> inEnvironment(String name) {
    return Optional.ofNullable(environment.apply(name))
        .filter(value -> !value.isBlank())
        .map(Secret::of);
  }

  private static Secret inFile(Path file) {
    try {
      return Secret.of(ProjectFolder.read(file).strip());
    } catch (IOException e) {
      throw new IllegalArgumentException(file + " cannot be read: name another file", e);
    }
  }

  private void print(SetupReport report, boolean dry) {
    for (Line line : report.lines()) {
      out.printf(
          Locale.ROOT,
          "%-6s %-10s %s%n",
          line.mark().name().toLowerCase(Locale.ROOT),
          line.subject(),
          line.text());
    }
    report
        .login()
        .ifPresent(url -> out.println("\nThe agent's login, shown once: " + url.reveal()));
    long wrong = report.lines().stream().filter(line -> line.mark() == Mark.WRONG).count();
    out.println();
    if (!report.changes()) {
      out.println(wrong == 0 ? "Nothing to do." : "Nothing was changed.");
    } else {
      out.println(dry ? "Nothing was changed: this was a dry run." : "Done.");
    }
    if (wrong > 0) {
      out.println(wrong + " of it is not as it should be: see the lines that begin with wrong.");
    }
    if (!report.left().isEmpty()) {
      out.println("\nLeft for you:");
      for (int i = 0; i < report.left().size(); i++) {
        out.println("  " + (i + 1) + ". " + report.left().get(i).replace("\n", "\n     "));
      }
    }
  }
}
