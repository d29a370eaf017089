package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.failover.LeadershipSession;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.testkit.Eventually;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store whose server goes away in the middle and comes back. */
class EmbeddedStoreTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir Path directory;

  @AfterEach
  void stopTheServer() {
    PostgresStore.stopEmbedded(directory);
  }

  @Test
  void theServerIsThereFromTheFirstStoreToTheLast() {
    PostgresStore first = PostgresStore.embedded(directory);
    PostgresStore second = PostgresStore.embedded(directory);
    first.open(SchemaMode.APPLY);
    second.open(SchemaMode.APPLY);
    Fence fence = Agents.lead(first);
    long pid = pid();
    first.close();

    assertThat(second.leadership().renew(fence, Agents.TTL, Optional.empty())).isTrue();
    second.close();

    Eventually.holds(
        "the server has ended",
        SOON,
        () -> ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty());
    second.open(SchemaMode.VERIFY);
    assertThat(second.leadership().read(fence.agent()).orElseThrow().fence()).isEqualTo(fence);
    second.close();
  }

  @Test
  void aKilledServerFailsCallsAsRetryableAndComesBack() {
    try (PostgresStore store = PostgresStore.embedded(directory)) {
      store.open(SchemaMode.APPLY);
      Fence fence = Agents.lead(store);
      LeadershipSession session = store.leadership().openSession(fence.agent());
      assertThat(session.tryLock(1)).isPresent();

      assertThat(ProcessHandle.of(pid()).orElseThrow().destroyForcibly()).isTrue();

      assertThatThrownBy(() -> session.await(SOON))
          .asInstanceOf(InstanceOfAssertFactories.type(AdapterException.class))
          .satisfies(e -> assertThat(e.retryable()).isTrue());
      Eventually.holds("the lease is renewed again", SOON, () -> renewed(store, fence));
      try (LeadershipSession again = store.leadership().openSession(fence.agent())) {
        assertThat(again.tryLock(1)).isPresent();
      }
    }
  }

  /** Fails only as one that may be repeated. */
  private static boolean renewed(PostgresStore store, Fence fence) {
    try {
      return store.leadership().renew(fence, Agents.TTL, Optional.empty());
    } catch (AdapterException e) {
      assertThat(e.retryable()).as(e.getMessage()).isTrue();
      return false;
    }
  }

  private long pid() {
    try (EmbeddedPostgres client = EmbeddedPostgres.attach(directory)) {
      return client.pid();
    }
  }
}
