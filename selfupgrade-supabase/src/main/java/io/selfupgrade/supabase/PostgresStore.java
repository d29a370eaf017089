package io.selfupgrade.supabase;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.change.ChangeStore;
import io.selfupgrade.config.SettingsStore;
import io.selfupgrade.control.CommandStore;
import io.selfupgrade.control.JobStore;
import io.selfupgrade.conversation.ConversationStore;
import io.selfupgrade.failover.InstanceStore;
import io.selfupgrade.failover.LeadershipStore;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.observe.BudgetStore;
import io.selfupgrade.observe.LogStore;
import io.selfupgrade.observe.Outbox;
import io.selfupgrade.observe.RetentionStore;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.upgrade.DeliveryStore;
import io.selfupgrade.upgrade.DeploymentStore;
import io.selfupgrade.upgrade.PolicyStore;
import io.selfupgrade.upgrade.SnapshotStore;
import io.selfupgrade.upgrade.SourceStore;
import io.selfupgrade.upgrade.UpgradeJournal;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.sql.DataSource;

/**
 * Keeps the state of agents in Postgres: Supabase's, another one, or one of the agent's own.
 *
 * <p>Describes and does nothing until {@link #open}, which {@code SelfUpgrade.start()} calls; may
 * be opened again after {@link #close}. Needs Postgres 15 or later and uses the schema {@code
 * selfupgrade} in it, whatever the search path. Thread-safe.
 *
 * <p>Holds a pool of two connections and one session for each instance that stands by or leads. A
 * direct connection and a pooler in session mode serve alike. Behind a pooler in transaction mode
 * (Supabase's port 6543, another one's by what it is seen to do) no session is used, and nothing is
 * left in one: take-over waits for the lease, and a wake-up by another process for the next look.
 * The log and {@link #describe} say which it is.
 *
 * <pre>{@code
 * PostgresStore.at(Secret.env("SUPABASE_DB_URL")).poolSize(4)
 * }</pre>
 */
public final class PostgresStore implements AgentStore {

  private static final String PORT = "AgentStore";
  private static final int OLDEST_SERVER = 150_000;
  private static final int MOST_CONNECTIONS = 100;

  private final Origin origin;
  private final Settings chosen;
  private final Database database = new Database();
  private final PostgresLeadershipStore leadership = new PostgresLeadershipStore(database);
  private final PostgresInstanceStore instances = new PostgresInstanceStore(database);
  private final PostgresUpgradeJournal journal = new PostgresUpgradeJournal(database);
  private final PostgresPolicyStore policies = new PostgresPolicyStore(database);
  private final PostgresSnapshotStore snapshots = new PostgresSnapshotStore(database);
  private final PostgresDeploymentStore deployments = new PostgresDeploymentStore(database);
  private final PostgresChangeStore changes = new PostgresChangeStore(database);
  private final PostgresDeliveryStore deliveries = new PostgresDeliveryStore(database);
  private final PostgresSourceStore sources = new PostgresSourceStore(database);
  private final PostgresTaskStore tasks = new PostgresTaskStore(database);
  private final PostgresMemoryStore memories;
  private final PostgresConversationStore conversations = new PostgresConversationStore(database);
  private final PostgresSettingsStore settings = new PostgresSettingsStore(database);
  private final PostgresLogStore logs = new PostgresLogStore(database);
  private final PostgresOutbox outbox = new PostgresOutbox(database);
  private final PostgresRetention retention = new PostgresRetention(database);
  private final PostgresCommandStore commands = new PostgresCommandStore(database);
  private final PostgresJobStore jobs = new PostgresJobStore(database);
  private final PostgresBudget budget = new PostgresBudget(database);

  /** What was chosen beside the place. */
  record Settings(
      int poolSize, Migrations migrations, Optional<Secret> migrateUrl, MemoryStorage memories) {
    private static final Settings DEFAULT =
        new Settings(2, Migrations.APPLY, Optional.empty(), MemoryStorage.DEFAULT);
  }

  private PostgresStore(Origin origin, Settings chosen) {
    this.origin = origin;
    this.chosen = chosen;
    this.memories = new PostgresMemoryStore(database, chosen.memories);
  }

  /**
   * Describes the store in a database.
   *
   * <p>Unless the URL says otherwise: {@code sslmode=require} for any host but this machine's, 10 s
   * to connect, 30 s for an answer, TCP keep-alive.
   *
   * @param url {@code jdbc:postgresql://HOST:PORT/DATABASE?user=USER&password=PASSWORD} or {@code
   *     postgresql://USER:PASSWORD@HOST:PORT/DATABASE}
   * @throws io.selfupgrade.agent.ConfigurationException if the URL has another shape
   */
  public static PostgresStore at(String url) {
    DatabaseUrl.parse(url);
    return at(Secret.of(url));
  }

  /**
   * Describes the store in a database whose URL is secret; it is read when the store is opened.
   *
   * @param url as for {@link #at(String)}
   */
  public static PostgresStore at(Secret url) {
    Objects.requireNonNull(url, "url");
    return new PostgresStore(Origin.at(url), Settings.DEFAULT);
  }

  /**
   * Describes the store behind the host's own pool, which is never closed here.
   *
   * <p>An instance that stands by or leads borrows one connection for its life, beside those for
   * each call: size the pool for that. Behind a pooler in transaction mode it borrows none for
   * long. The connections must be pgjdbc's or wrap them, with the isolation READ COMMITTED.
   */
  public static PostgresStore using(DataSource source) {
    Objects.requireNonNull(source, "source");
    return new PostgresStore(Origin.using(source), Settings.DEFAULT);
  }

  /**
   * Describes the store in a Postgres of the agent's own, whose server belongs to the directory.
   *
   * <p>The server is started by the first opened store and stopped with the last; its binaries are
   * a dependency that the message of a failing {@link #open} names.
   *
   * @param directory created if absent; not shared between machines
   */
  public static PostgresStore embedded(Path directory) {
    Objects.requireNonNull(directory, "directory");
    return new PostgresStore(Origin.embedded(directory), Settings.DEFAULT);
  }

  /**
   * Stops the server that belongs to a directory, whoever uses it; does nothing if none runs.
   *
   * @throws AdapterException if it cannot be stopped
   */
  public static void stopEmbedded(Path directory) {
    EmbeddedPostgres.stop(directory);
  }

  /**
   * Describes the same store with another size of the pool; 2 by default.
   *
   * @param connections from 2 to 100; one stays free for the store itself, the others are for
   *     {@link PostgresRun} at once; without effect on {@link #using}
   * @throws IllegalArgumentException if the number is another
   */
  public PostgresStore poolSize(int connections) {
    if (connections < 2 || connections > MOST_CONNECTIONS) {
      throw new IllegalArgumentException(
          "pool size " + connections + ": expected 2 to " + MOST_CONNECTIONS);
    }
    return with(new Settings(connections, chosen.migrations, chosen.migrateUrl, chosen.memories));
  }

  /**
   * Describes the same store with another rule for its schema; {@link Migrations#APPLY} by default.
   */
  public PostgresStore migrations(Migrations rule) {
    Objects.requireNonNull(rule, "rule");
    return with(new Settings(chosen.poolSize, rule, chosen.migrateUrl, chosen.memories));
  }

  /**
   * Describes the same store with another URL for migrations, that of the schema's owner.
   *
   * @param url as for {@link #at(String)}; the store's own by default
   */
  public PostgresStore migrateUrl(Secret url) {
    Objects.requireNonNull(url, "url");
    return with(
        new Settings(chosen.poolSize, chosen.migrations, Optional.of(url), chosen.memories));
  }

  /** Describes the same store, which keeps memories in another way. */
  public PostgresStore memoryStorage(MemoryStorage storage) {
    Objects.requireNonNull(storage, "storage");
    return with(new Settings(chosen.poolSize, chosen.migrations, chosen.migrateUrl, storage));
  }

  private PostgresStore with(Settings other) {
    return new PostgresStore(origin, other);
  }

  @Override
  public synchronized void open(SchemaMode schema) {
    Objects.requireNonNull(schema, "schema");
    boolean apply = schema == SchemaMode.APPLY && chosen.migrations == Migrations.APPLY;
    if (database.isOpen()) {
      check(database.pool(), apply);
      return;
    }
    Pool pool = origin.open(chosen);
    try {
      check(pool, apply);
    } catch (RuntimeException | Error e) {
      closeAfter(pool, e);
      throw e;
    }
    database.opened(pool);
  }

  private static void closeAfter(Pool pool, Throwable failure) {
    try {
      pool.close();
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
    }
  }

  private void check(Pool pool, boolean apply) {
    List<MigrationFile> missing;
    // Not through the pool, whose timeout would hide why there is no connection.
    try (Connection connection = pool.dedicated(PostgresSession.LONGEST_ANSWER)) {
      requireUsable(connection);
      if (!database.isOpen()) {
        database.settle(pool, pool.look(connection));
      }
      missing = new MigrationRunner(connection).missing(MigrationFile.own());
    } catch (SQLException e) {
      throw Database.failure(PORT, "connecting to " + origin, e);
    }
    if (missing.isEmpty()) {
      return;
    }
    if (!apply) {
      throw wrong(
          "the schema selfupgrade is not up to date, and this instance may not change it: missing "
              + missing.stream().map(MigrationFile::name).collect(Collectors.joining(", "))
              + "; apply them as the owner, by `supabase db push`, by the set-up command, or by opening the store"
              + " once with Migrations.APPLY");
    }
    migrate(pool, missing);
  }

  /** Tells the oldest server and the isolation that the statements of the store need. */
  static void requireUsable(Connection connection) throws SQLException {
    new Statements(connection)
        .first(
            "select current_setting('server_version_num')::int as version,"
                + " current_setting('server_version') as name,"
                + " current_setting('transaction_isolation') as isolation",
            row -> {
              if (row.number("version") < OLDEST_SERVER) {
                throw wrong("Postgres " + row.text("name") + " is too old: expected 15 or later");
              }
              if (!row.text("isolation").equals("read committed")) {
                throw wrong(
                    "transactions are "
                        + row.text("isolation")
                        + " by default: expected read committed; set"
                        + " default_transaction_isolation");
              }
              return true;
            },
            Arguments.of());
  }

  private static AdapterException wrong(String problem) {
    return new AdapterException(PORT, problem, false, null);
  }

  private static List<String> migrate(Pool pool, List<MigrationFile> files) {
    try (Connection connection = pool.forMigrations()) {
      return new MigrationRunner(connection).apply(files);
    } catch (SQLException e) {
      throw Database.failure(PORT, "connecting for migrations", e);
    }
  }

  @Override
  public List<String> migrate(Path directory) {
    return migrate(database.pool(), MigrationFile.in(directory));
  }

  @Override
  public LeadershipStore leadership() {
    return leadership;
  }

  @Override
  public InstanceStore instances() {
    return instances;
  }

  @Override
  public UpgradeJournal journal() {
    return journal;
  }

  @Override
  public PolicyStore policies() {
    return policies;
  }

  @Override
  public SnapshotStore snapshots() {
    return snapshots;
  }

  @Override
  public DeploymentStore deployments() {
    return deployments;
  }

  @Override
  public ChangeStore changes() {
    return changes;
  }

  @Override
  public DeliveryStore deliveries() {
    return deliveries;
  }

  @Override
  public SourceStore sources() {
    return sources;
  }

  @Override
  public TaskStore tasks() {
    return tasks;
  }

  @Override
  public MemoryStore memories() {
    return memories;
  }

  @Override
  public ConversationStore conversations() {
    return conversations;
  }

  @Override
  public SettingsStore settings() {
    return settings;
  }

  @Override
  public LogStore logs() {
    return logs;
  }

  @Override
  public Outbox outbox() {
    return outbox;
  }

  @Override
  public RetentionStore retention() {
    return retention;
  }

  @Override
  public CommandStore commands() {
    return commands;
  }

  @Override
  public JobStore jobs() {
    return jobs;
  }

  @Override
  public BudgetStore budget() {
    return budget;
  }

  @Override
  public synchronized void close() {
    database.close();
  }

  @Override
  public String describe() {
    return "Postgres"
        + database.reached().map(kind -> ", through " + kind.words()).orElse(", not reached yet");
  }

  /** Returns the store's place, without secrets. */
  @Override
  public String toString() {
    return "PostgresStore[" + origin + "]";
  }
}
