package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.ConfigurationException;
import io.selfupgrade.agent.Json;
import io.selfupgrade.core.local.DirectoryReleases;
import io.selfupgrade.core.release.ReleaseTool;
import io.selfupgrade.failover.PrimaryWork;
import io.selfupgrade.failover.Role;
import io.selfupgrade.observe.LogLevel;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.upgrade.CheckResult;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.Trust;
import io.selfupgrade.upgrade.UpgradeOutcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A developer's instance beside the state of an agent that runs elsewhere. */
class LocalRoleTest {

  private static final AgentName NAME = new AgentName("remote");

  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir Path directory;

  private final InMemoryStore store = new InMemoryStore(Clock.systemUTC());
  private final AtomicInteger acted = new AtomicInteger();

  @Test
  void itSeesTheStateAndNeverActs() throws Exception {
    store.open(AgentStore.SchemaMode.APPLY);
    try (SelfUpgrade local = builder().build()) {
      local.start();

      assertThat(local.role()).isEqualTo(Role.LOCAL);
      assertThat(local.upgrades().check()).isInstanceOf(CheckResult.NothingNewer.class);
      assertThat(((UpgradeOutcome.Refused) local.upgrade()).reason().code())
          .isEqualTo(ReasonCode.NOT_PRIMARY);
      assertThatThrownBy(() -> local.upgrades().trigger(Trigger.MANUAL))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("not the primary");
      local.memory().remember("seen from afar");
      local.config().put("tone", Json.of("1"), 0);

      assertThat(local.memory().recall("afar")).hasSize(1);
      local.logEvent(LogLevel.INFO, "looked on", Map.of());

      assertThat(local.healthCheck().finding("lease").orElseThrow().seen()).contains("nobody");
      assertThat(threads()).containsOnly("selfupgrade-remote-log", "selfupgrade-remote-question");
      assertThat(store.leadership().read(NAME)).isEmpty();
      assertThat(store.instances().living(NAME)).isEmpty();
      local.stop();
      local.awaitStop();
    }
    assertThat(acted).hasValue(0);
  }

  @Test
  void itConnectsWhenTheDatabaseComesBackAfterItsStart() throws Exception {
    store.open(AgentStore.SchemaMode.APPLY);
    FaultyStore away = FaultyStore.around(store);
    away.goAway();
    try (SelfUpgrade local = builder(away).build()) {
      local.start();
      local.logEvent(LogLevel.INFO, "kept", Map.of());
      assertThat(local.healthCheck().finding("database").orElseThrow().seen())
          .isEqualTo("not connected");
      assertThat(local.healthCheck().identity().role()).isEqualTo(Role.LOCAL);
      assertThatThrownBy(local::upgrades).isInstanceOf(AdapterException.class);

      away.comeBack();

      Eventually.holds(
          "the log's thread connects", SOON, () -> store.logs().newest(NAME, 5).size() == 1);
      assertThat(local.healthCheck().finding("database").orElseThrow().seen()).contains("answered");
      assertThat(local.upgrades().request()).isNotNull();
    }
  }

  @Test
  void aDoorThatIsUsedConnectsItToo() throws Exception {
    store.open(AgentStore.SchemaMode.APPLY);
    FaultyStore away = FaultyStore.around(store);
    away.goAway();
    try (SelfUpgrade local = builder(away).build()) {
      local.start();
      away.comeBack();

      assertThat(local.upgrades().request()).isNotNull();
      assertThat(local.healthCheck().finding("database").orElseThrow().seen()).contains("answered");
    }
  }

  @Test
  void itNeverMakesTheSchema() throws Exception {
    try (SelfUpgrade local = builder().build()) {
      assertThatThrownBy(local::start)
          .isInstanceOf(AdapterException.class)
          .hasMessageContaining("schema");
    }
  }

  @Test
  void otherRolesAreTheElections() {
    assertThatThrownBy(() -> SelfUpgrade.builder("x").store(store).role(Role.PRIMARY).build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("leave role(...) out");
  }

  private SelfUpgradeBuilder builder() throws Exception {
    return builder(store);
  }

  private SelfUpgradeBuilder builder(AgentStore on) throws Exception {
    Path key = new ReleaseTool(Clock.systemUTC()).keygen(directory, "release").publicKey();
    Path releases = Files.createDirectories(directory.resolve("releases"));
    return SelfUpgrade.builder("remote")
        .version("1.0.0")
        .role(Role.LOCAL)
        .store(on)
        .memory()
        .upgrades(u -> u.from(DirectoryReleases.in(releases)).trust(Trust.keys(Keys.file(key))))
        .whilePrimary(PrimaryWork.of(() -> acted.incrementAndGet(), () -> acted.incrementAndGet()))
        .task("tick", Schedule.every(Duration.ofMillis(10)), run -> acted.incrementAndGet());
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("selfupgrade"))
        .sorted()
        .toList();
  }
}
