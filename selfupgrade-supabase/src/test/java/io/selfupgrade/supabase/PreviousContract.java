package io.selfupgrade.supabase;

import io.selfupgrade.store.AgentStore;
import io.selfupgrade.testkit.AgentStoreContract;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;

/**
 * The contract of a store, for {@link PreviousRelease} to link and to run; by itself it is none of
 * the tests.
 */
public final class PreviousContract extends AgentStoreContract {

  private static KeptOpen first;
  private static KeptOpen second;
  private static Supplier<String> empty;

  /** Says where the state is, and where there is none. */
  public static void in(String url, Supplier<String> emptyOnes) {
    first = new KeptOpen(PostgresStore.at(url));
    second = new KeptOpen(PostgresStore.at(url));
    empty = emptyOnes;
  }

  @AfterAll
  static void close() {
    first.close();
    second.close();
  }

  @Override
  protected AgentStore newStore() {
    return first.handle();
  }

  @Override
  protected AgentStore anotherStore() {
    return second.handle();
  }

  @Override
  protected AgentStore storeWithoutSchema() {
    return PostgresStore.at(empty.get());
  }
}
