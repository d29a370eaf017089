package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.store.AgentStore.SchemaMode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** A process that opens several stores at once, at a word from outside. */
final class StoreOpener {

  static final String URL = "STORE_OPENER_URL";

  private StoreOpener() {}

  /** Says {@code ready}, waits for a byte, opens as many stores as the argument says. */
  public static void main(String[] args) throws Exception {
    int stores = Integer.parseInt(args[0]);
    ExecutorService threads = Executors.newFixedThreadPool(stores);
    System.out.println("ready");
    if (System.in.read() < 0) {
      throw new IllegalStateException("the word to begin did not come");
    }
    Callable<Boolean> opening =
        () -> {
          try (PostgresStore store = PostgresStore.at(Secret.env(URL))) {
            store.open(SchemaMode.APPLY);
            return store.leadership().read(new AgentName("nobody")).isEmpty();
          }
        };
    List<Future<Boolean>> opened = new ArrayList<>();
    for (int i = 0; i < stores; i++) {
      opened.add(threads.submit(opening));
    }
    // Before their ends are asked for: a process whose store does not open has to end, too.
    threads.shutdown();
    int good = 0;
    for (Future<Boolean> each : opened) {
      good += each.get() ? 1 : 0;
    }
    System.out.println("opened " + good);
  }
}
