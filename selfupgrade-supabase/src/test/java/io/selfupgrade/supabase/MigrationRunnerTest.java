package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.testkit.Eventually;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

class MigrationRunnerTest {

  @RegisterExtension final TestDatabase database = TestDatabase.fresh();

  private static final int STORES = 8;

  @TempDir Path folder;

  private PostgresStore store;

  @BeforeEach
  void describeTheStore() {
    store = PostgresStore.at(database.jdbcUrl());
  }

  @AfterEach
  void closeTheStore() {
    store.close();
  }

  @Test
  void everyFileOfTheFolderIsAmongTheLibrarysOwn() throws IOException, URISyntaxException {
    Path resources = Path.of(MigrationFile.class.getResource("/supabase/migrations").toURI());
    try (Stream<Path> files = Files.list(resources)) {
      assertThat(MigrationFile.own())
          .extracting(MigrationFile::name)
          .isSorted()
          .containsExactlyInAnyOrderElementsOf(
              files.map(file -> file.getFileName().toString()).toList());
    }
  }

  @Test
  void manyStoresMayMakeTheSchemaAtOnce() throws Exception {
    CyclicBarrier start = new CyclicBarrier(STORES);
    List<CompletableFuture<Long>> opened = new ArrayList<>();
    ExecutorService threads = Executors.newFixedThreadPool(STORES);
    try {
      for (int i = 0; i < STORES; i++) {
        opened.add(CompletableFuture.supplyAsync(() -> openAndLead(start), threads));
      }
      for (CompletableFuture<Long> each : opened) {
        assertThat(each.get(60, TimeUnit.SECONDS)).isEqualTo(1);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private long openAndLead(CyclicBarrier start) {
    try (PostgresStore own = PostgresStore.at(database.jdbcUrl())) {
      start.await(30, TimeUnit.SECONDS);
      own.open(SchemaMode.APPLY);
      return Agents.lead(own).epoch();
    } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aChangedFileIsAClearError() throws IOException {
    store.open(SchemaMode.APPLY);
    file("20990101000001_a.sql", "select 1;");
    assertThat(store.migrate(folder)).containsExactly("20990101000001_a.sql");
    file("20990101000001_a.sql", "select 2;");

    assertThatThrownBy(() -> store.migrate(folder))
        .asInstanceOf(InstanceOfAssertFactories.type(AdapterException.class))
        .satisfies(e -> assertThat(e.retryable()).isFalse())
        .satisfies(e -> assertThat(e).hasMessageContaining("20990101000001_a.sql was changed"));
  }

  @Test
  void otherLineEndsAreNoChange() throws IOException {
    store.open(SchemaMode.APPLY);
    file("20990101000001_a.sql", "select 1;\nselect 2;\n");
    store.migrate(folder);
    file("20990101000001_a.sql", "select 1;\r\nselect 2;\r\n");

    assertThat(store.migrate(folder)).isEmpty();
  }

  @Test
  void whatAnotherToolAppliedCountsAsApplied() throws IOException, SQLException {
    asSupabaseWould(folder);

    store.open(SchemaMode.VERIFY);

    assertThat(store.migrate(folder)).isEmpty();
    assertThat(Agents.lead(store).epoch()).isEqualTo(1);
  }

  /** Applies the library's files and one of the host's, with another tool's bookkeeping. */
  private void asSupabaseWould(Path target) throws IOException, SQLException {
    file("20990101000001_host.sql", "this would fail if it were run;");
    try (Connection connection = database.dataSource().getConnection()) {
      Statements statements = new Statements(connection);
      statements.script(
          "create schema supabase_migrations;"
              + " create table supabase_migrations.schema_migrations (version text primary key)");
      for (MigrationFile file : MigrationFile.own()) {
        Files.writeString(target.resolve(file.name()), file.sql());
        statements.script(file.sql());
      }
      statements.script(
          "insert into supabase_migrations.schema_migrations values ('20990101000001')");
    }
  }

  @Test
  void aFileThatEndsItsTransactionIsNamed() throws IOException {
    store.open(SchemaMode.APPLY);
    file("20990101000001_a.sql", "create table public.x (id int); commit; select 1;");

    assertThatThrownBy(() -> store.migrate(folder))
        .hasMessageContaining("20990101000001_a.sql ends its own transaction");
  }

  @Test
  void theHostsFilesComeAfterTheLibrarys() throws IOException, SQLException {
    file("20990101000001_a.sql", "create table public.x (id int);");
    try (Connection connection = database.dataSource().getConnection()) {
      assertThatThrownBy(() -> new MigrationRunner(connection).apply(MigrationFile.in(folder)))
          .hasMessageContaining("comes before the library's own");
    }
    copyOwn();
    try (Connection connection = database.dataSource().getConnection()) {
      assertThat(new MigrationRunner(connection).apply(MigrationFile.in(folder)))
          .hasSize(MigrationFile.own().size() + 1);
    }
    store.open(SchemaMode.VERIFY);
  }

  private void copyOwn() throws IOException {
    for (MigrationFile own : MigrationFile.own()) {
      try (InputStream in =
          MigrationFile.class.getResourceAsStream("/supabase/migrations/" + own.name())) {
        Files.copy(in, folder.resolve(own.name()));
      }
    }
  }

  @Test
  void aLockInTheWayIsWaitedFor() throws Exception {
    store.open(SchemaMode.APPLY);
    file("20990101000001_a.sql", "alter table selfupgrade.settings add column host_note text;");
    try (Connection blocker = database.dataSource().getConnection()) {
      blocker.setAutoCommit(false);
      Statements statements = new Statements(blocker);
      statements.script("lock table selfupgrade.settings in access share mode");

      CompletableFuture<List<String>> migration =
          CompletableFuture.supplyAsync(() -> store.migrate(folder));
      Eventually.holds("the migration waits for the lock", Duration.ofSeconds(20), this::waiting);
      blocker.rollback();

      assertThat(migration.get(60, TimeUnit.SECONDS)).containsExactly("20990101000001_a.sql");
    }
  }

  private boolean waiting() {
    try (Connection connection = database.dataSource().getConnection()) {
      return new Statements(connection)
          .any(
              "select 1 from pg_locks where not granted and locktype = 'relation'", Arguments.of());
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aLoginWithoutRightsToChangeTheSchemaIsEnough() throws SQLException {
    store.open(SchemaMode.APPLY);
    String login = "agent_" + System.nanoTime();
    try (Connection connection = database.dataSource().getConnection()) {
      new Statements(connection)
          .script("create role " + login + " login password 'secret' in role selfupgrade_agent");
      String url =
          database
              .jdbcUrl()
              .replaceAll("user=[^&]*", "user=" + login)
              .replaceAll("password=[^&]*", "password=secret");
      try (PostgresStore weak = PostgresStore.at(Secret.of(url)).migrations(Migrations.VERIFY)) {
        weak.open(SchemaMode.APPLY);
        Fence fence = Agents.lead(weak);
        assertThat(weak.tasks().finish(Agents.claim(weak, fence), Optional.empty())).isTrue();
      } finally {
        new Statements(connection).script("drop role " + login);
      }
    }
  }

  @Test
  void aMissingSchemaIsNamedWithWhatMendsIt() {
    assertThatThrownBy(() -> store.migrations(Migrations.VERIFY).open(SchemaMode.APPLY))
        .isInstanceOf(AdapterException.class)
        .hasMessageContaining(MigrationFile.own().get(0).name())
        .hasMessageContaining("supabase db push");
  }

  private void file(String name, String sql) throws IOException {
    Files.write(folder.resolve(name), sql.getBytes(StandardCharsets.UTF_8));
  }
}
