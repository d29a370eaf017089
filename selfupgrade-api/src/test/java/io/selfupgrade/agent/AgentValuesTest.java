package io.selfupgrade.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AgentValuesTest {

  @ParameterizedTest
  @ValueSource(strings = {"a", "7", "my-bot", "My.Bot_2"})
  void anAgentsNameIsItsText(String name) {
    assertThat(new AgentName(name)).hasToString(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "-a", ".a", "a b", "a/b", "a\n", "bött", "'; drop table x"})
  void anotherShapeIsNoAgentsName(String name) {
    assertThatThrownBy(() -> new AgentName(name)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anAgentsNameHasAtMost63Characters() {
    assertThat(new AgentName("a".repeat(63)).value()).hasSize(63);
    assertThatThrownBy(() -> new AgentName("a".repeat(64)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anInstanceIsParsedFromItsText() {
    InstanceId id = InstanceId.random();

    assertThat(InstanceId.parse(id.toString())).isEqualTo(id).isNotEqualTo(InstanceId.random());
    assertThatThrownBy(() -> InstanceId.parse("host-1"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anEpochIsAtLeastOne() {
    AgentName agent = new AgentName("bot");

    assertThatThrownBy(() -> new Fence(agent, InstanceId.random(), 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("epoch 0");
  }

  @Test
  void jsonIsItsText() {
    assertThat(Json.of("{\"a\":1}")).isEqualTo(Json.of("{\"a\":1}")).hasToString("{\"a\":1}");
    assertThat(Json.of("{}")).isEqualTo(Json.EMPTY).hasSameHashCodeAs(Json.EMPTY);
    assertThatThrownBy(() -> Json.of(" \n")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aSecretIsToldByRevealOnly() {
    Secret secret = Secret.of("hunter2");

    assertThat(secret.reveal()).isEqualTo("hunter2");
    assertThat(secret.toString()).doesNotContain("hunter2");
    assertThat(String.valueOf(List.of(secret))).doesNotContain("hunter2");
    assertThat(secret).isNotEqualTo(Secret.of("hunter2"));
  }

  @Test
  void aVariableThatIsNotSetIsASettingThatCannotWork() {
    Secret secret = Secret.env("SELFUPGRADE_TEST_IS_NOT_SET");

    assertThatThrownBy(secret::reveal)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("SELFUPGRADE_TEST_IS_NOT_SET");
  }

  @Test
  void anAdaptersExceptionTellsPortOperationAndCause() {
    Exception cause = new IllegalStateException("closed");

    AdapterException e = new AdapterException("TaskStore", "claim of digest", true, cause);

    assertThat(e).hasMessage("TaskStore: claim of digest").hasCause(cause);
    assertThat(e.port()).isEqualTo("TaskStore");
    assertThat(e.operation()).isEqualTo("claim of digest");
    assertThat(e.retryable()).isTrue();
  }

  @Test
  void badSettingsAreNamedAllAtOnce() {
    ConfigurationException e = new ConfigurationException(List.of("no name", "no store"));

    assertThat(e.problems()).containsExactly("no name", "no store");
    assertThat(e).hasMessageContaining("no name").hasMessageContaining("no store");
  }
}
