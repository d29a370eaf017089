package io.selfupgrade.examples.springai;

import io.selfupgrade.store.AgentStore;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.supabase.TestDatabase;
import org.junit.jupiter.api.extension.RegisterExtension;

final class PostgresChatMemoryTest extends ChatMemoryCases {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  @Override
  AgentStore store() {
    return PostgresStore.at(DATABASE.jdbcUrl());
  }
}
