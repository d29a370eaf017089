package io.selfupgrade.supabase;

import java.io.EOFException;
import java.io.IOException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Why no connection was made, with what cures it.
 *
 * <p>Sources of the words: PostgreSQL's and PgBouncer's messages, and the error codes of Supavisor
 * 1 and 2 ({@code lib/supavisor/errors} of its repository), which all come with the SQLSTATE XX000.
 */
final class NotConnected extends SQLException {

  private static final long serialVersionUID = 1;

  private static final String SESSION_POOLER =
      "the session pooler's URL (REGION.pooler.supabase.com:5432, user postgres.REF; Connect in the"
          + " project's dashboard shows it)";

  private static final List<Rule> RULES =
      List.of(
          new Rule(
              Seen.says(
                  "(EMAXCONNSESSION)|MaxClientsInSessionMode|(EMAXCLIENTCONN)"
                      + "|max client connections reached|no more connections allowed"),
              new Cure(
                  "all connections are taken: end other clients, make pools smaller, or allow more;"
                      + " through a pooler in transaction mode (Supabase: port 6543) many share few",
                  true)),
          new Rule(
              Seen.state("53300"),
              new Cure(
                  "all connections are taken: end other clients, make pools smaller, or connect"
                      + " through a pooler",
                  true)),
          new Rule(
              Seen.says("(ENOIDENTIFIER)").or(Seen::notFoundWithoutProject),
              new Cure(
                  "the pooler tells projects apart by the user: expected USER.REF, such as"
                      + " postgres.abcdefghijklmnopqrst, in the URL",
                  false)),
          new Rule(
              Seen.says(
                  "tenant or user not found|(ENOTFOUND)|(ETENANTNOTFOUND)|(EBANNED)"
                      + "|tenant is banned"),
              new Cure(
                  "the pooler does not serve this project: resume it in the dashboard if it is"
                      + " paused, and compare the region in the host and the reference in the user"
                      + " with those under Connect",
                  true)),
          new Rule(
              Seen.says("(ECIRCUITBREAKER)|too many authentication"),
              new Cure(
                  "the pooler has locked the user out for some minutes, mostly because of wrong"
                      + " passwords: check that of the URL",
                  true)),
          new Rule(
              Seen.says("(EADDRNOTALLOWED)|address not allowed"),
              new Cure(
                  "the project's network restrictions keep this machine out: allow its address in"
                      + " the database's settings",
                  false)),
          new Rule(
              Seen.says("(ESSLREQUIRED)|SSL connection is required|no encryption"),
              new Cure(
                  "the server wants TLS: take sslmode out of the URL, or make it require", false)),
          new Rule(
              Seen.says("unsupported startup parameter"),
              new Cure(
                  "the pooler does not take that setting: take it out of the URL, or name it in"
                      + " ignore_startup_parameters of pgbouncer.ini",
                  false)),
          new Rule(
              Seen.state("28P01").and(Seen::directUserNamesProject),
              new Cure(
                  "check user and password of the URL: on a direct host the user is postgres,"
                      + " without the project's reference",
                  false)),
          new Rule(
              Seen.state("28P01").and(seen -> seen.url.place().isSupabase()),
              new Cure(
                  "check user and password of the URL: the database's password is set anew in the"
                      + " database's settings, and characters such as @ : / ? # % are written as"
                      + " %40 %3A %2F %3F %23 %25",
                  false)),
          new Rule(
              Seen.isDirectAnd(
                  Seen.by(UnknownHostException.class)
                      .or(Seen.by(NoRouteToHostException.class))
                      .or(Seen.says("network is unreachable|protocol family unavailable"))),
              new Cure(
                  "a direct host of Supabase has an IPv6 address only, and none while the project is"
                      + " paused: from a machine without IPv6 take "
                      + SESSION_POOLER
                      + ", or buy the IPv4 address; resume the project if it is paused",
                  true)),
          new Rule(
              Seen.by(UnknownHostException.class),
              new Cure("check the host's name in the URL, and that names can be looked up", true)),
          new Rule(
              Seen.by(NoRouteToHostException.class).or(Seen.says("network is unreachable")),
              new Cure(
                  "this machine has no way to the host's address: check the network, and whether"
                      + " the host has an IPv6 address only",
                  true)),
          new Rule(
              Seen.says("connection refused|connection to .* refused"),
              new Cure(
                  "nothing listens there: check host and port of the URL (Supabase: 5432, or 6543"
                      + " for its pooler in transaction mode), and that the server runs",
                  true)),
          new Rule(
              Seen.by(SocketTimeoutException.class),
              new Cure(
                  "no answer: check host and port of the URL, and the firewalls between", true)),
          new Rule(
              Seen.by(EOFException.class).or(Seen.says("connection reset")),
              new Cure(
                  "the other side closed the connection at once: check that the port is Postgres',"
                      + " and that the project is not paused",
                  true)));

  private final String cure;
  private final boolean retryable;

  private NotConnected(SQLException failure, Cure cure) {
    super(failure.getMessage(), failure.getSQLState(), failure);
    this.cure = cure.words;
    this.retryable = cure.retryable;
  }

  /** Returns the failure with what cures it, or as it is if nothing is known. */
  static SQLException explained(DatabaseUrl url, SQLException failure) {
    Seen seen = Seen.of(url, failure);
    return RULES.stream()
        .filter(rule -> rule.when.test(seen))
        .findFirst()
        .<SQLException>map(rule -> new NotConnected(failure, rule.cure))
        .orElse(failure);
  }

  /** Returns the first such failure in a chain. */
  static Optional<NotConnected> in(Throwable failure) {
    Throwable at = failure;
    for (int depth = 0; at != null && depth < 10; depth++) {
      if (at instanceof NotConnected found) {
        return Optional.of(found);
      }
      at = at.getCause();
    }
    return Optional.empty();
  }

  /** Returns what to do. */
  String cure() {
    return cure;
  }

  /** Tells whether it may be cured without a change of the URL. */
  boolean retryable() {
    return retryable;
  }

  private record Cure(String words, boolean retryable) {}

  private record Rule(Predicate<Seen> when, Cure cure) {}

  /**
   * What was seen of a failure.
   *
   * @param url where to
   * @param state the SQLSTATE
   * @param words all messages of the chain
   * @param trouble what the network met, if that was it
   */
  private record Seen(DatabaseUrl url, String state, String words, Optional<IOException> trouble) {

    static Seen of(DatabaseUrl url, SQLException failure) {
      StringBuilder words = new StringBuilder();
      Optional<IOException> trouble = Optional.empty();
      Throwable at = failure;
      for (int depth = 0; at != null && depth < 10; depth++) {
        words.append(at.getMessage()).append('\n');
        if (at instanceof IOException met) {
          trouble = Optional.of(met);
        }
        at = at.getCause();
      }
      return new Seen(
          url, Optional.ofNullable(failure.getSQLState()).orElse(""), words.toString(), trouble);
    }

    /** Takes texts, several with a bar between; a code in round brackets stands for itself. */
    static Predicate<Seen> says(String texts) {
      Pattern pattern =
          Pattern.compile(
              texts.replaceAll("\\(([A-Z]+)\\)", "\\\\($1\\\\)"), Pattern.CASE_INSENSITIVE);
      return seen -> pattern.matcher(seen.words).find();
    }

    static Predicate<Seen> state(String code) {
      return seen -> seen.state.equals(code);
    }

    static Predicate<Seen> by(Class<? extends IOException> type) {
      return seen -> seen.trouble.filter(type::isInstance).isPresent();
    }

    static Predicate<Seen> isDirectAnd(Predicate<Seen> other) {
      return other.and(seen -> seen.url.place().supabase() == Place.Supabase.DIRECT);
    }

    boolean notFoundWithoutProject() {
      return url.place().supabase() == Place.Supabase.POOLER
          && !url.userNamesProject()
          && says("not found").test(this);
    }

    boolean directUserNamesProject() {
      return url.place().supabase() == Place.Supabase.DIRECT && url.userNamesProject();
    }
  }
}
