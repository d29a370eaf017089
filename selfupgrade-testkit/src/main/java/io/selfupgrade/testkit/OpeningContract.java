package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.store.AgentStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Obligations of {@link AgentStore} itself. */
abstract class OpeningContract extends StoreContract {

  /** Greater with each file, so that no test's files come before those of an earlier one. */
  private static final AtomicLong TIMESTAMP = new AtomicLong(2099_01_01_00_00_00L);

  private static final String BROKEN = InMemoryStore.FAILS_IN_MEMORY + "\nthis is no SQL;\n";

  @TempDir Path migrations;

  @Override
  AgentStore firstHandle() {
    return stores().newStore();
  }

  @Override
  AgentStore secondHandle() {
    return stores().anotherStore();
  }

  @Test
  void openMayBeCalledMoreThanOnce() {
    store.open(AgentStore.SchemaMode.APPLY);
    store.open(AgentStore.SchemaMode.VERIFY);

    assertThat(store.leadership().read(scene.agent)).isEmpty();
  }

  @Test
  void severalHandlesMayOpenAtOnceAndTheSchemaIsThereOnce() {
    List<AgentStore> handles = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      handles.add(stores().anotherStore());
    }
    try {
      List<Boolean> leaderless =
          inThreads(
              index -> {
                handles.get(index).open(AgentStore.SchemaMode.APPLY);
                return handles.get(index).leadership().read(scene.agent).isEmpty();
              });
      assertThat(leaderless).containsOnly(true);
    } finally {
      handles.forEach(AgentStore::close);
    }
  }

  @Test
  void anOpenThatMayNotMigrateFailsOnAMissingSchemaAndChangesNothing() {
    try (AgentStore empty = stores().storeWithoutSchema()) {
      for (int attempt = 1; attempt <= 2; attempt++) {
        assertThatThrownBy(() -> empty.open(AgentStore.SchemaMode.VERIFY))
            .asInstanceOf(InstanceOfAssertFactories.type(AdapterException.class))
            .satisfies(e -> assertThat(e.retryable()).isFalse())
            .satisfies(e -> assertThat(e.getMessage()).isNotBlank());
      }
    }
  }

  @Test
  void severalHandlesMayMakeTheSchemaAtOnce() {
    try (AgentStore empty = stores().storeWithoutSchema()) {
      inThreads(
          index -> {
            empty.open(AgentStore.SchemaMode.APPLY);
            return index;
          });
      assertThat(empty.leadership().read(new AgentName("nobody"))).isEmpty();
    }
  }

  @Test
  void migrateAppliesEachFileOnceInTheOrderOfNames() throws IOException {
    String first = file("first", "select 1;");
    String second = file("second", "select 2;");
    Files.writeString(migrations.resolve("README.md"), "no migration");

    assertThat(store.migrate(migrations)).containsExactly(first, second);
    assertThat(secondStore().migrate(migrations)).isEmpty();

    String third = file("third", "select 3;");
    assertThat(secondStore().migrate(migrations)).containsExactly(third);
  }

  @Test
  void severalHandlesMayMigrateAtOnceAndEachFileIsAppliedOnce() throws IOException {
    String first = file("first", "select 1;");
    String second = file("second", "select 2;");
    AgentStore other = secondStore();

    List<List<String>> applied =
        inThreads(index -> (index % 2 == 0 ? store : other).migrate(migrations));

    assertThat(applied.stream().flatMap(List::stream)).containsExactlyInAnyOrder(first, second);
  }

  @Test
  void aFileIsAppliedWholeOrNotAtAllAndThoseBeforeItStay() throws IOException {
    String table = "contract_" + TIMESTAMP.get();
    String create = "create table " + table + " (id bigint);\n";
    file("good", "select 1;");
    String broken = file("broken", create + BROKEN);
    String after = file("after", "select 2;");

    assertThatThrownBy(() -> store.migrate(migrations))
        .isInstanceOf(AdapterException.class)
        .hasMessageContaining(broken);

    Files.writeString(migrations.resolve(broken), create + "drop table " + table + ";\n");
    assertThat(store.migrate(migrations)).containsExactly(broken, after);
  }

  @Test
  void anOpenStoreSaysWhatItIs() {
    assertThat(store.describe()).isNotBlank();
  }

  @Test
  void closeMayBeCalledMoreThanOnce() {
    AgentStore other = secondStore();
    other.close();
    other.close();

    assertThat(store.leadership().read(scene.agent)).isEmpty();
  }

  private String file(String name, String sql) throws IOException {
    String file = TIMESTAMP.incrementAndGet() + "_" + name + ".sql";
    Files.writeString(migrations.resolve(file), sql);
    return file;
  }
}
