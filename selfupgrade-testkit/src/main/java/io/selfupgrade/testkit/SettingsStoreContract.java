package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Json;
import io.selfupgrade.config.Setting;
import io.selfupgrade.config.SettingResult;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Obligations of {@link io.selfupgrade.config.SettingsStore}. */
abstract class SettingsStoreContract extends StoreContract {

  private static final Json DRY = Json.of("\"dry\"");
  private static final Json WARM = Json.of("{\"tone\": [\"warm\", 1, null]}");

  @Test
  void whatIsStoredIsRead() {
    Setting stored = stored(store.settings().put(scene.agent, "tone", WARM, 0));

    assertThat(stored.value()).isEqualTo(WARM);
    assertThat(stored.version()).isPositive();
    assertThat(secondStore().settings().get(scene.agent, "tone")).contains(stored);
    assertThat(store.settings().get(new Scene(store).agent, "tone")).isEmpty();
    assertThat(store.settings().get(scene.agent, "other")).isEmpty();
  }

  @Test
  void aWriteNeedsTheVersionThatIsThere() {
    Setting first = stored(store.settings().put(scene.agent, "tone", DRY, 0));

    assertThat(store.settings().put(scene.agent, "tone", WARM, 0)).isEqualTo(conflict(0, first));
    assertThat(store.settings().put(scene.agent, "tone", WARM, first.version() + 1))
        .isEqualTo(conflict(first.version() + 1, first));
    assertThat(store.settings().remove(scene.agent, "tone", first.version() + 1))
        .isEqualTo(conflict(first.version() + 1, first));
    assertThat(store.settings().put(scene.agent, "absent", WARM, 3))
        .isEqualTo(new SettingResult.Conflict("absent", 3, Optional.empty()));
    assertThat(store.settings().get(scene.agent, "tone")).contains(first);

    Setting second = stored(store.settings().put(scene.agent, "tone", WARM, first.version()));
    assertThat(second.version()).isGreaterThan(first.version());
    assertThat(store.settings().get(scene.agent, "tone")).contains(second);
  }

  @Test
  void aVersionIsNotUsedAgainAfterARemoval() {
    Setting first = stored(store.settings().put(scene.agent, "tone", DRY, 0));

    assertThat(store.settings().remove(scene.agent, "tone", first.version()))
        .isEqualTo(new SettingResult.Removed("tone"));
    assertThat(store.settings().get(scene.agent, "tone")).isEmpty();
    assertThat(store.settings().remove(scene.agent, "tone", first.version()))
        .isEqualTo(new SettingResult.Conflict("tone", first.version(), Optional.empty()));

    Setting again = stored(store.settings().put(scene.agent, "tone", DRY, 0));
    assertThat(again.version()).isGreaterThan(first.version());
  }

  @Test
  void allIsSortedByKey() {
    Setting b = stored(store.settings().put(scene.agent, "b", DRY, 0));
    Setting a = stored(store.settings().put(scene.agent, "a", WARM, 0));
    store.settings().put(new Scene(store).agent, "c", DRY, 0);

    assertThat(store.settings().all(scene.agent)).containsExactly(a, b);
  }

  @Test
  void ofSeveralThatExpectTheSameVersionOneStores() {
    Setting first = stored(store.settings().put(scene.agent, "counter", Json.of("0"), 0));

    List<SettingResult> results =
        inThreads(
            index ->
                store
                    .settings()
                    .put(scene.agent, "counter", Json.of(String.valueOf(index)), first.version()));

    assertThat(results).filteredOn(SettingResult.Stored.class::isInstance).hasSize(1);
    assertThat(results).filteredOn(SettingResult.Conflict.class::isInstance).hasSize(THREADS - 1);
  }

  @Test
  void ofSeveralThatCreateTheSameKeyOneStores() {
    List<SettingResult> results =
        inThreads(index -> store.settings().put(scene.agent, "fresh", DRY, 0));

    assertThat(results).filteredOn(SettingResult.Stored.class::isInstance).hasSize(1);
  }

  private static Setting stored(SettingResult result) {
    assertThat(result).isInstanceOf(SettingResult.Stored.class);
    return ((SettingResult.Stored) result).setting();
  }

  private static SettingResult conflict(long expected, Setting seen) {
    return new SettingResult.Conflict(seen.key(), expected, Optional.of(seen));
  }
}
