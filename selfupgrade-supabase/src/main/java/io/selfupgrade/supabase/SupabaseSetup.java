package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.ConfigurationException;
import io.selfupgrade.agent.Secret;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Sets a project up: its folder {@code supabase}, and the database with migrations, the agent's
 * login, jobs and secrets; then looks whether all of it works.
 *
 * <p>Idempotent, and may be killed and run again. Undoes nothing that somebody has changed: files,
 * a paused or removed job, a schedule, a password. It is also the command of the runnable jar with
 * the classifier {@code setup}. Immutable.
 *
 * <pre>{@code
 * SetupReport report =
 *     SupabaseSetup.in(Path.of("."))
 *         .database(Secret.env("SUPABASE_DB_URL"))
 *         .agent(new AgentName("my-bot"))
 *         .run();
 * }</pre>
 */
public final class SupabaseSetup {

  /** The login that is made unless another one is named. */
  public static final String DEFAULT_LOGIN = "selfupgrade_login";

  private static final Pattern ROLE = Pattern.compile("[a-z_][a-z0-9_]{0,62}");

  private final Optional<Path> folder;
  private final Optional<Secret> database;
  private final Login login;
  private final Functions functions;

  /**
   * The agent's login.
   *
   * @param role its name
   * @param password given by the user; empty: one is made
   * @param file where the URL with a password that was made is kept
   * @param handed whether that URL is only returned, and kept nowhere
   */
  record Login(String role, Optional<Secret> password, Optional<Path> file, boolean handed) {}

  /**
   * What is known of the project's functions.
   *
   * @param redeploys whether an outage is to call for a redeployment
   */
  record Functions(
      Optional<AgentName> agent, Optional<URI> project, Optional<Secret> key, boolean redeploys) {}

  private SupabaseSetup(
      Optional<Path> folder, Optional<Secret> database, Login login, Functions functions) {
    this.folder = folder;
    this.database = database;
    this.login = login;
    this.functions = functions;
  }

  /** Runs one command and exits with its code; {@code help} tells them. */
  public static void main(String[] args) {
    // Nobody has configured logging for this program; what matters is in the report.
    System.setProperty("slf4j.internal.verbosity", "ERROR");
    System.exit(new SetupCommands(System.out, System.err, System::getenv).run(List.of(args)));
  }

  /**
   * Describes the set-up of a project.
   *
   * @param project the folder in which {@code supabase} is, or is to be
   */
  public static SupabaseSetup in(Path project) {
    return of(Optional.of(project));
  }

  /** Describes the set-up of a database alone, without a folder. */
  public static SupabaseSetup withoutFolder() {
    return of(Optional.empty());
  }

  private static SupabaseSetup of(Optional<Path> folder) {
    return new SupabaseSetup(
        folder,
        Optional.empty(),
        new Login(DEFAULT_LOGIN, Optional.empty(), Optional.empty(), false),
        new Functions(Optional.empty(), Optional.empty(), Optional.empty(), false));
  }

  /**
   * Returns the same with the database; without one only the folder is written.
   *
   * @param url as {@link PostgresStore#at(String)} takes it, of the schema's owner: on Supabase
   *     {@code postgres}
   */
  public SupabaseSetup database(Secret url) {
    return new SupabaseSetup(folder, Optional.of(url), login, functions);
  }

  /** Returns the same with the agent's name, for settings of functions and {@link #redeploying}. */
  public SupabaseSetup agent(AgentName name) {
    return with(
        new Functions(Optional.of(name), functions.project, functions.key, functions.redeploys));
  }

  /**
   * Returns the same with another name of the agent's login.
   *
   * @throws IllegalArgumentException if it is not of lower-case letters, digits and underscores
   */
  public SupabaseSetup login(String role) {
    if (!ROLE.matcher(role).matches()) {
      throw new IllegalArgumentException(
          "login " + role + " is not usable: expected lower-case letters, digits and _");
    }
    return with(new Login(role, login.password, login.file, login.handed));
  }

  /** Returns the same with a password for the login if it is made; else one is generated. */
  public SupabaseSetup password(Secret given) {
    return with(new Login(login.role, Optional.of(given), login.file, login.handed));
  }

  /** Returns the same with another file for the login's URL with a generated password. */
  public SupabaseSetup loginFile(Path file) {
    return with(new Login(login.role, login.password, Optional.of(file), login.handed));
  }

  /** Returns the same with a generated password kept nowhere but in {@link SetupReport#login}. */
  public SupabaseSetup handingLogin() {
    return with(new Login(login.role, login.password, login.file, true));
  }

  /**
   * Returns the same with the project's URL, by which its functions are looked at.
   *
   * @param url such as {@code https://abcdefghijklmnopqrst.supabase.co}
   */
  public SupabaseSetup project(URI url) {
    new EdgeCall(url, Secret.of("")); // tells what is wrong with it
    return with(
        new Functions(functions.agent, Optional.of(url), functions.key, functions.redeploys));
  }

  /** Returns the same with a secret key of the project, which is stored in Vault. */
  public SupabaseSetup secretKey(Secret key) {
    return with(
        new Functions(functions.agent, functions.project, Optional.of(key), functions.redeploys));
  }

  /**
   * Returns the same with outages of the agent calling for a redeployment; takes {@link #agent},
   * {@link #project} and {@link #secretKey}.
   */
  public SupabaseSetup redeploying() {
    return with(new Functions(functions.agent, functions.project, functions.key, true));
  }

  private SupabaseSetup with(Login other) {
    return new SupabaseSetup(folder, database, other, functions);
  }

  private SupabaseSetup with(Functions other) {
    return new SupabaseSetup(folder, database, login, other);
  }

  /**
   * Returns the statements that set a database up, as one script for {@code psql} or another
   * client; safe to run twice. For whom a DBA does it.
   *
   * @param login the agent's login, which the script makes without a password
   */
  public static String sql(String login) {
    return SqlScript.of(withoutFolder().login(login).login.role);
  }

  /**
   * Sets up.
   *
   * @throws ConfigurationException if something is missing that has to be told
   * @throws io.selfupgrade.agent.AdapterException if it cannot be ended; it may be run again
   */
  public SetupReport run() {
    return run(new SetupNotes(false, () -> {}));
  }

  /** Tells what {@link #run} would do, and changes neither files nor database. */
  public SetupReport plan() {
    return run(new SetupNotes(true, () -> {}));
  }

  SetupReport run(SetupNotes notes) {
    requireWhole();
    Optional<ProjectFolder> project = folder.map(path -> new ProjectFolder(path, notes));
    try {
      if (project.isPresent()) {
        project.get().requireUsable();
      }
      if (database.isEmpty()) {
        if (project.isPresent()) {
          project.get().write();
        }
      } else {
        DatabaseUrl url = DatabaseUrl.parse(database.get().reveal());
        try (SetupDatabase opened = SetupDatabase.open(url, notes)) {
          if (project.isPresent()) {
            project.get().write();
          }
          new DatabaseSteps(opened, login(url), functions, folder.isPresent()).run();
        }
      }
    } catch (FileSystemException e) {
      throw SetupNotes.failed(
          "cannot read or write "
              + e.getFile()
              + " ("
              + e.getClass().getSimpleName()
              + "): see that it is there, that this user may write it, and that there is room",
          e);
    } catch (IOException e) {
      throw SetupNotes.failed("reading or writing files: " + e.getMessage(), e);
    } catch (SQLException e) {
      throw Database.failure("SupabaseSetup", "setting the database up", e);
    }
    new Remaining(folder, functions, notes).add();
    return notes.report();
  }

  private AgentLogin login(DatabaseUrl url) {
    Optional<Path> file =
        login.handed
            ? Optional.empty()
            : login.file.or(
                () -> folder.map(path -> path.resolve("supabase").resolve(LoginFile.NAME)));
    return new AgentLogin(url, login, file.map(LoginFile::new));
  }

  private void requireWhole() {
    List<String> problems = new ArrayList<>();
    if (database.isEmpty() && folder.isEmpty()) {
      problems.add("there is neither a folder nor a database: name one of them");
    }
    if (database.isPresent()
        && folder.isEmpty()
        && login.password.isEmpty()
        && login.file.isEmpty()
        && !login.handed) {
      problems.add(
          "without a folder there is no place for the login's password: give one, name a file for"
              + " it, or have it handed out");
    }
    boolean all =
        functions.agent.isPresent() && functions.project.isPresent() && functions.key.isPresent();
    if (functions.redeploys && !all) {
      problems.add(
          "calling for redeployments takes the agent's name, the project's URL and a secret key");
    }
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
  }

  /** Returns what is described, without secrets. */
  @Override
  public String toString() {
    return "SupabaseSetup[" + folder.map(Objects::toString).orElse("no folder") + "]";
  }
}
