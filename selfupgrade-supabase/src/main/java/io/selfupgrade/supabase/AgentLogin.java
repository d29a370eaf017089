package io.selfupgrade.supabase;

import io.selfupgrade.agent.ConfigurationException;
import io.selfupgrade.agent.Secret;
import java.io.IOException;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.postgresql.PGConnection;

/**
 * The login by which an agent connects: a member of {@code selfupgrade_agent}, and no more.
 *
 * <p>One that is there keeps its password. The server gets a password that is set as a SCRAM
 * verifier only, so that it is in no log of statements.
 */
final class AgentLogin {

  private static final String SUBJECT = "login";
  private static final String GROUP = "selfupgrade_agent";
  private static final int PASSWORD_BYTES = 24;
  private static final int SHORTEST = 12;
  private static final int LONGEST = 200;

  private final DatabaseUrl owner;
  private final SupabaseSetup.Login wanted;
  private final Optional<LoginFile> file;
  private Optional<String> url = Optional.empty();
  private boolean there;

  AgentLogin(DatabaseUrl owner, SupabaseSetup.Login wanted, Optional<LoginFile> file) {
    this.owner = owner;
    this.wanted = wanted;
    this.file = wanted.password().isPresent() ? Optional.empty() : file;
  }

  String role() {
    return wanted.role();
  }

  /** Tells whether it is in the database. */
  boolean there() {
    return there;
  }

  /** Returns its URL if its password is known here. */
  Optional<String> url() {
    return url;
  }

  /** Makes it if it is not there, and a member if it is none. */
  void ensure(SetupDatabase database) throws IOException, SQLException {
    SetupNotes notes = database.notes();
    url = knownUrl();
    there = database.any("select 1 from pg_roles where rolname = ?", role());
    if (!notes.dry() && !database.any("select 1 from pg_roles where rolname = ?", GROUP)) {
      notes.wrong(
          SUBJECT, "role " + GROUP + " is missing: this login may not create roles; " + byDba());
      leave(notes, false);
      return;
    }
    if (!there) {
      make(database);
    } else if (!database.any("select 1 from pg_roles where rolname = ? and rolcanlogin", role())) {
      notes.wrong(SUBJECT, role() + " may not log in: alter role " + role() + " login");
    } else if (!member(database)) {
      database.change(
          SUBJECT,
          role() + ": made a member of " + GROUP,
          statements -> {
            statements.script("grant " + GROUP + " to " + quoted());
            return true;
          });
    }
  }

  private boolean member(SetupDatabase database) throws SQLException {
    return database.any(
        "select 1 from pg_auth_members m join pg_roles g on g.oid = m.roleid"
            + " join pg_roles r on r.oid = m.member where g.rolname = ? and r.rolname = ?",
        GROUP,
        role());
  }

  private Optional<String> knownUrl() throws IOException {
    if (wanted.password().isPresent()) {
      return Optional.of(owner.forLogin(user(), given(wanted.password().get())));
    }
    Optional<String> kept = file.isPresent() ? file.get().url() : Optional.empty();
    return kept.filter(this::isOurs);
  }

  private boolean isOurs(String text) {
    DatabaseUrl other = DatabaseUrl.parse(text);
    return other.user().equals(user()) && other.url().equals(owner.url());
  }

  private static String given(Secret password) {
    String text = password.reveal().strip();
    boolean printable = text.chars().allMatch(c -> c > ' ' && c <= '~');
    if (text.length() < SHORTEST || text.length() > LONGEST || !printable) {
      throw new ConfigurationException(
          List.of(
              "the password for the agent's login is not usable: expected "
                  + SHORTEST
                  + " to "
                  + LONGEST
                  + " printable ASCII characters without blanks"));
    }
    return text;
  }

  /** A pooler that many projects share is told the project by the user's name. */
  private String user() {
    int dot = owner.user().indexOf('.');
    boolean shared = owner.place().supabase() == Place.Supabase.POOLER && dot >= 0;
    return shared ? role() + owner.user().substring(dot) : role();
  }

  /** The file first: a password in it that nobody has does no harm, one that nobody knows does. */
  private void make(SetupDatabase database) throws IOException, SQLException {
    SetupNotes notes = database.notes();
    if (url.isEmpty()) {
      if (file.isPresent() && file.get().url().isPresent()) {
        throw SetupNotes.failed(
            file.get().path()
                + " holds the URL of another login or of another database: name another file by"
                + " --login-file");
      }
      String made = owner.forLogin(user(), generated());
      if (file.isPresent()) {
        notes.change(
            SUBJECT,
            file.get().path() + ": written, with a new password for " + role(),
            () -> file.get().keep(made));
      }
      url = Optional.of(made);
    }
    String password = DatabaseUrl.parse(url.get()).password();
    try {
      database.change(
          SUBJECT,
          role() + ": created, as a member of " + GROUP,
          statements -> {
            statements.script("create role " + quoted() + " login in role " + GROUP);
            statements
                .connection()
                .unwrap(PGConnection.class)
                .alterUserPassword(role(), password.toCharArray(), "scram-sha-256");
            return true;
          });
    } catch (SQLException e) {
      if (!SqlFailure.is(e, "42501")) {
        throw e;
      }
      notes.wrong(
          SUBJECT, role() + " was not created: this login may not create roles; " + byDba());
      leave(notes, true);
      url = Optional.empty();
      return;
    }
    there = !notes.dry();
    hand(notes);
  }

  private void hand(SetupNotes notes) {
    if (wanted.handed() && wanted.password().isEmpty() && !notes.dry()) {
      notes.hand(Secret.of(url.orElseThrow()));
    }
    String how =
        file.map(kept -> "as with: set -a; . " + kept.path() + "; set +a")
            .orElse("with the password that " + (wanted.handed() ? "is shown" : "you have given"));
    notes.left(
        "give the agent the URL of its login as "
            + LoginFile.VARIABLE
            + ", "
            + how
            + "; it only looks at the schema: PostgresStore.at(Secret.env(\""
            + LoginFile.VARIABLE
            + "\")).migrations(Migrations.VERIFY)");
  }

  private static String byDba() {
    return "take the URL of one that may, or ask who is one";
  }

  /** What a superuser runs in psql where the owner may not create roles. */
  private void leave(SetupNotes notes, boolean group) {
    notes.left(
        "have a superuser run in this database: "
            + (group
                ? ""
                : "create role " + GROUP + " nologin; select selfupgrade.secure_tables(); ")
            + "create role "
            + quoted()
            + " login in role "
            + GROUP
            + "; and in psql: \\password "
            + role());
  }

  /** A name that is a word of SQL is a name too. */
  private String quoted() {
    return '"' + role() + '"';
  }

  private static String generated() {
    byte[] bytes = new byte[PASSWORD_BYTES];
    new SecureRandom().nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
