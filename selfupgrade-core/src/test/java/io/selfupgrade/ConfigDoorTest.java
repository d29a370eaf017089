package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Json;
import io.selfupgrade.config.Config;
import io.selfupgrade.config.Setting;
import io.selfupgrade.config.SettingResult;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryStore;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The configuration of an agent that was never started. */
class ConfigDoorTest {

  private final FaultyStore store = FaultyStore.around(new InMemoryStore(Clock.systemUTC()));
  private final SelfUpgrade agent = SelfUpgrade.builder("configured").store(store).build();
  private final Config config = agent.config();

  @Test
  void theFirstUseOpensTheStoreAndNotTheBuild() {
    assertThat(store.calls()).isZero();

    assertThat(config.all()).isEmpty();

    assertThat(store.calls()).isEqualTo(2);
  }

  @Test
  void aWriteThatHasSeenTheLastOneIsStored() {
    SettingResult first = config.put("tone", Json.of("\"dry\""), 0);
    long seen = ((SettingResult.Stored) first).setting().version();

    assertThat(config.put("tone", Json.of("1"), 0)).isInstanceOf(SettingResult.Conflict.class);
    assertThat(config.put("tone", Json.of("2"), seen)).isInstanceOf(SettingResult.Stored.class);
    assertThat(config.get("tone").map(Setting::value)).contains(Json.of("2"));
    assertThat(config.remove("tone", seen).summary()).contains("read it again");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{", "dry", "1 2", "'x'", "{\"a\": NaN}", "\"\\u0000\""})
  void whatIsNoJsonIsRefused(String text) {
    assertThatThrownBy(() -> config.put("tone", Json.of(text), 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("tone");
    assertThat(store.calls()).isZero();
  }

  @Test
  void whatIsTooLongOrMisnamedIsRefused() {
    Json longText = Json.of("\"" + "x".repeat(256 << 10) + "\"");
    assertThatThrownBy(() -> config.put("tone", longText, 0)).hasMessageContaining("262146 bytes");
    for (String key : List.of("", " ", "-a", "x".repeat(101))) {
      assertThatThrownBy(() -> config.get(key)).isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> config.put("a", Json.of("1"), -1)).hasMessageContaining("-1");
    assertThatThrownBy(() -> config.remove("a", 0)).hasMessageContaining("was read");
  }

  @Test
  void aStoreThatIsAwayIsTriedAgainAtTheNextCall() {
    store.goAway();
    assertThatThrownBy(config::all).isInstanceOf(AdapterException.class);

    store.comeBack();

    assertThat(config.all()).isEmpty();
  }

  @Test
  void afterTheCloseItSaysSo() {
    agent.close();

    assertThatThrownBy(config::all)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void aFreezeNeedsNoStart() {
    agent.freeze("the weekend");
    agent.unfreeze();

    assertThat(store.journal().frozen(new AgentName("configured"))).isEmpty();
  }
}
