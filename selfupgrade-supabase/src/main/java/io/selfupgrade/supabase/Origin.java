package io.selfupgrade.supabase;

import io.selfupgrade.agent.Secret;
import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import javax.sql.DataSource;

/** Where a store's connections come from, as it was described. */
final class Origin {

  private final String name;
  private final Function<PostgresStore.Settings, Pool> opening;

  private Origin(String name, Function<PostgresStore.Settings, Pool> opening) {
    this.name = name;
    this.opening = opening;
  }

  static Origin at(Secret url) {
    return new Origin(
        "database URL",
        settings -> {
          DatabaseUrl parsed = DatabaseUrl.parse(url.reveal());
          Connector connector = new Connector(() -> parsed);
          return new HikariPool(
              new HikariPool.Plan(
                  connector,
                  migrator(settings).orElse(connector),
                  parsed.place(),
                  settings.poolSize(),
                  () -> {}));
        });
  }

  static Origin using(DataSource source) {
    return new Origin("DataSource", settings -> new BorrowedPool(source, migrator(settings)));
  }

  static Origin embedded(Path directory) {
    return new Origin(
        directory.toString(),
        settings -> {
          EmbeddedPostgres server = EmbeddedPostgres.attach(directory);
          Connector connector =
              new Connector(() -> urlOf(server), Optional.of(server::ensureRunning));
          return new HikariPool(
              new HikariPool.Plan(
                  connector,
                  migrator(settings).orElse(connector),
                  urlOf(server).place(),
                  settings.poolSize(),
                  server::close));
        });
  }

  private static DatabaseUrl urlOf(EmbeddedPostgres server) {
    return DatabaseUrl.parse(server.jdbcUrl()).with("password", server.password().reveal());
  }

  private static Optional<Connector> migrator(PostgresStore.Settings settings) {
    return settings
        .migrateUrl()
        .map(url -> DatabaseUrl.parse(url.reveal()))
        .map(url -> new Connector(() -> url));
  }

  Pool open(PostgresStore.Settings settings) {
    return opening.apply(settings);
  }

  /** Returns what the store is made from, without secrets. */
  @Override
  public String toString() {
    return name;
  }
}
