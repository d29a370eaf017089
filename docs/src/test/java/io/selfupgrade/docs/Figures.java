package io.selfupgrade.docs;

import io.selfupgrade.agent.Secret;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Prints what the library costs its host; asserts nothing, and runs only when it is asked for:
 *
 * <pre>
 * ./mvnw -pl docs -am package -Dtest=Figures -Dsurefire.failIfNoSpecifiedTests=false
 * </pre>
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class Figures {

  private static final int STARTS = 11;
  private static final int SETTLING_SECONDS = 20;
  private static final int COUNTED_SECONDS = 60;
  private static final String MINE = "selfupgrade-";
  private static final Predicate<String> HOSTS_OFTEN_HAVE =
      Pattern.compile("(jackson|HikariCP|postgresql|slf4j|jspecify)-.*").asMatchPredicate();

  @TempDir static Path directory;

  private Consumers consumers;
  private EmbeddedPostgres server;

  @BeforeAll
  void build() throws Exception {
    consumers = Consumers.build(directory);
    Path postgres = directory.resolve("postgres");
    try (EmbeddedPostgres first = EmbeddedPostgres.attach(postgres)) {
      execute(first, "alter system set shared_preload_libraries = 'pg_stat_statements'");
    }
    server = EmbeddedPostgres.attach(postgres);
    execute(server, "create extension pg_stat_statements");
  }

  @AfterAll
  void stopTheServer() {
    server.close();
  }

  @Test
  void jars() throws Exception {
    List<Path> all = consumers.jars("plain");
    say("jars, core and supabase in a plain host: " + sum(all));
    say("  of these ours: " + sum(named(all, name -> name.startsWith(MINE))));
    say(
        "  in a host with Jackson, HikariCP, pgjdbc, slf4j: "
            + sum(named(all, HOSTS_OFTEN_HAVE.negate())));
    for (Path jar : all) {
      say(
          String.format(
              Locale.ROOT, "  %7.0f KiB %s", Files.size(jar) / 1024.0, jar.getFileName()));
    }
  }

  private static List<Path> named(List<Path> jars, Predicate<String> name) {
    return jars.stream().filter(jar -> name.test(jar.getFileName().toString())).toList();
  }

  private static String sum(List<Path> jars) throws IOException {
    long bytes = 0;
    for (Path jar : jars) {
      bytes += Files.size(jar);
    }
    return String.format(Locale.ROOT, "%d, %.1f MiB", jars.size(), bytes / 1024.0 / 1024.0);
  }

  @Test
  void start() throws Exception {
    database("start");
    Starts without = new Starts();
    Starts with = new Starts();
    try (Host makesTheSchema = new Host("start", "plain")) {
      makesTheSchema.tell();
    }
    for (int i = 0; i < STARTS; i++) {
      without.add("none");
      with.add("plain");
    }
    say("start, ms from a new process to its word, median of " + STARTS);
    say("  without: " + without);
    say("  with a started agent: " + with);
    say("  load of the machine " + Files.readString(Path.of("/proc/loadavg")).strip());
  }

  private final class Starts {

    private final List<Long> up = new ArrayList<>();
    private final List<Long> agent = new ArrayList<>();
    private final List<Long> processor = new ArrayList<>();

    void add(String what) throws Exception {
      try (Host host = new Host("start", what)) {
        processor.add(host.processorMillis());
        up.add(host.upAfterMillis);
        agent.add(host.agentMillis);
      }
    }

    @Override
    public String toString() {
      return median(up)
          + ", of it the agent "
          + median(agent)
          + "; processor time "
          + median(processor)
          + "; all "
          + up;
    }
  }

  private static long median(List<Long> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
  }

  @Test
  void idle() throws Exception {
    for (String name : List.of("primary", "pair", "memory", "local")) {
      database(name);
    }
    try (Host primary = new Host("primary", "plain");
        Host first = new Host("pair", "plain");
        Host standby = new Host("pair", "plain");
        Host memory = new Host("memory", "memory");
        Host local = new Host("local", "local")) {
      Thread.sleep(SETTLING_SECONDS * 1000L);
      execute(server, "select pg_stat_statements_reset()");
      Thread.sleep(COUNTED_SECONDS * 1000L);
      say("idle, lease of 10 s, counted for " + COUNTED_SECONDS + " s");
      say("  " + cost("primary") + ": " + primary.tell());
      say("  " + cost("pair") + " together: " + first.tell());
      say("    and " + standby.tell());
      say("  " + cost("memory") + ", with memory(): " + memory.tell());
      say("  " + cost("local") + ", with role(LOCAL): " + local.tell());
    }
  }

  private String cost(String database) throws SQLException {
    long connections =
        number(
            "select count(*) from pg_stat_activity where backend_type = 'client backend'"
                + " and datname = '"
                + database
                + "'");
    long statements =
        number(
            "select coalesce(sum(calls), 0) from pg_stat_statements s"
                + " join pg_database d on d.oid = s.dbid where d.datname = '"
                + database
                + "'");
    double each = (double) statements / COUNTED_SECONDS;
    return String.format(Locale.ROOT, "%d connections, %.2f statements/s", connections, each);
  }

  /** With the library's schema, which a developer's instance does not make. */
  private void database(String name) throws SQLException {
    execute(server, "create database \"" + name + "\"");
    try (PostgresStore store = PostgresStore.at(Secret.of(url(name)))) {
      store.open(AgentStore.SchemaMode.APPLY);
    }
  }

  private String url(String database) {
    return server.jdbcUrl().replace("/postgres?", "/" + database + "?")
        + "&password="
        + server.password().reveal();
  }

  private static Connection connect(EmbeddedPostgres to) throws SQLException {
    return DriverManager.getConnection(to.jdbcUrl(), to.user(), to.password().reveal());
  }

  private static void execute(EmbeddedPostgres on, String sql) throws SQLException {
    try (Connection connection = connect(on);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private long number(String sql) throws SQLException {
    try (Connection connection = connect(server);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  private static void say(String line) {
    System.out.println(line);
  }

  /** A process of {@link FigureHost}. */
  private final class Host implements AutoCloseable {

    private final Process process;
    private final BufferedReader output;
    private final long upAfterMillis;
    private final long agentMillis;

    Host(String database, String what) throws Exception {
      ProcessBuilder builder =
          consumers.java(
              "plain", FigureHost.class.getName(), Path.of("target/test-classes").toAbsolutePath());
      builder.command().add(what);
      builder.environment().put(FigureHost.URL_NAME, url(database));
      long begun = System.nanoTime();
      process = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
      output = process.inputReader();
      String up = output.readLine();
      upAfterMillis = (System.nanoTime() - begun) / 1_000_000;
      agentMillis = Long.parseLong(up.substring("up ".length()));
    }

    long processorMillis() {
      return process.info().totalCpuDuration().orElseThrow().toMillis();
    }

    String tell() throws IOException {
      process.getOutputStream().write('\n');
      process.getOutputStream().flush();
      return output.readLine();
    }

    @Override
    public void close() throws IOException {
      process.getOutputStream().close();
      process.onExit().join();
    }
  }
}
