package io.selfupgrade.examples.benchmarks.memory;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.selfupgrade.examples.benchmarks.Server;

/** Connections for a peer, one for each thread that looks. */
final class Pool {

  private Pool() {}

  static HikariDataSource of(Server server) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(server.url());
    config.setMaximumPoolSize(Store.THREADS);
    config.setMinimumIdle(Store.THREADS);
    return new HikariDataSource(config);
  }
}
