package io.selfupgrade.supabase;

import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A fresh, empty database on the one server of this test JVM.
 *
 * <pre>{@code
 * @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();  // one for the class and those in it
 * @RegisterExtension final TestDatabase database = TestDatabase.fresh();         // one for each test
 * }</pre>
 *
 * <p>Outside of Jupiter: {@code try (TestDatabase database = TestDatabase.open())}.
 */
public final class TestDatabase
    implements BeforeAllCallback,
        BeforeEachCallback,
        AfterEachCallback,
        AfterAllCallback,
        AutoCloseable {

  private EmbeddedPostgres server;
  private String name;
  private int classes;

  private TestDatabase() {}

  /** Describes a database that Jupiter creates and drops. */
  public static TestDatabase fresh() {
    return new TestDatabase();
  }

  /** Creates a database at once; {@link #close()} drops it. */
  public static TestDatabase open() throws SQLException {
    TestDatabase opened = new TestDatabase();
    opened.create();
    return opened;
  }

  /** The URL with user and password, as PostgresStore takes it. */
  public String jdbcUrl() {
    return url(name);
  }

  /** Opens a connection of its own at each call; keeps none. */
  public DataSource dataSource() {
    return dataSource(name);
  }

  private DataSource dataSource(String database) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(url(database));
    return source;
  }

  private String url(String database) {
    return server.jdbcUrl().replace("/postgres?", "/" + database + "?")
        + "&password="
        + server.password().reveal();
  }

  @Override
  public void beforeAll(ExtensionContext context) throws SQLException {
    classes++;
    if (classes == 1) {
      keepServerUntilAllTestsAreOver(context);
      create();
    }
  }

  @Override
  public void beforeEach(ExtensionContext context) throws SQLException {
    if (classes == 0) {
      keepServerUntilAllTestsAreOver(context);
      create();
    }
  }

  @Override
  public void afterEach(ExtensionContext context) throws SQLException {
    if (classes == 0) {
      close();
    }
  }

  @Override
  public void afterAll(ExtensionContext context) throws SQLException {
    classes--;
    if (classes == 0) {
      close();
    }
  }

  private static void keepServerUntilAllTestsAreOver(ExtensionContext context) {
    context
        .getRoot()
        .getStore(Namespace.create(TestDatabase.class))
        .computeIfAbsent(TestServer.class, key -> TestServer.client(), EmbeddedPostgres.class);
  }

  private void create() throws SQLException {
    server = TestServer.client();
    name = "test_" + UUID.randomUUID().toString().replace("-", "");
    execute("CREATE DATABASE " + name);
  }

  /** Drops the database, whoever is connected to it. */
  @Override
  public void close() throws SQLException {
    if (server == null) {
      return;
    }
    execute("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
    server.close();
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = dataSource("postgres").getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
