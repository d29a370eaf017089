package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.failover.Acquisition;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.TakeOver;
import io.selfupgrade.store.AgentStore.SchemaMode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** That of several first instances of an agent one gets the lead, and the others are told so. */
class FirstLeadTest {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  private static final int INSTANCES = 8;
  private static final int AGENTS = Boolean.getBoolean("long") ? 5_000 : 150;

  @Test
  void manyThatBeginAtTheSameMomentCollideInNoIndex() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(INSTANCES);
    CyclicBarrier start = new CyclicBarrier(INSTANCES);
    try (PostgresStore store = PostgresStore.at(DATABASE.jdbcUrl()).poolSize(INSTANCES)) {
      store.open(SchemaMode.APPLY);
      for (int round = 0; round < AGENTS; round++) {
        AgentName agent = Agents.newName();
        List<Future<Acquisition>> asked = new ArrayList<>();
        for (int i = 0; i < INSTANCES; i++) {
          InstanceRecord instance = Agents.instance(store, agent);
          asked.add(
              threads.submit(
                  () -> {
                    start.await(30, TimeUnit.SECONDS);
                    return store.leadership().acquire(instance, new TakeOver.Expired(), Agents.TTL);
                  }));
        }
        List<Acquisition> answers = new ArrayList<>();
        for (Future<Acquisition> one : asked) {
          answers.add(one.get(30, TimeUnit.SECONDS));
        }
        assertThat(answers).filteredOn(Acquisition.Acquired.class::isInstance).hasSize(1);
      }
    } finally {
      threads.shutdownNow();
    }
  }
}
