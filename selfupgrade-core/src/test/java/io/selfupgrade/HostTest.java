package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Secret;
import io.selfupgrade.failover.Role;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.supabase.embedded.TestPostgres;
import io.selfupgrade.testkit.Eventually;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an agent leaves in its host: no thread, no noise, no class, and room for another agent. */
class HostTest {

  private static final Duration SOON = Duration.ofSeconds(90);
  private static final String URL_NAME = "HOST_URL";

  @TempDir static Path directory;

  private static EmbeddedPostgres server;
  private static String url;

  @BeforeAll
  static void startTheServer() throws Exception {
    server = TestPostgres.attach(directory);
    url = server.jdbcUrl() + "&password=" + server.password().reveal();
    QuietHost.live(url, "first", Duration.ofMillis(100), agent -> {});
  }

  @AfterAll
  static void stopTheServer() {
    server.close();
    PostgresStore.stopEmbedded(directory);
  }

  @Test
  void noThreadRunsBeforeTheStartAndNoneAfterTheClose() throws Exception {
    Set<Thread> before = threads();
    SelfUpgrade described =
        SelfUpgrade.builder("described").store(PostgresStore.at(Secret.of(url))).build();
    assertThat(added(before)).isEmpty();
    described.close();

    QuietHost.live(
        url,
        "threads",
        Duration.ofMillis(100),
        agent -> assertThat(added(before)).anyMatch(thread -> thread.getName().contains("lease")));

    Eventually.holds("no thread of it is left", SOON, () -> added(before).isEmpty());
  }

  @Test
  void twoAgentsLiveInOneProcess() throws Exception {
    QuietHost.live(
        url,
        "one",
        Duration.ofMillis(100),
        one -> {
          try {
            QuietHost.live(url, "other", Duration.ofMillis(100), HostTest::leads);
          } catch (Exception e) {
            throw new AssertionError(e);
          }
          leads(one);
        });
  }

  private static void leads(SelfUpgrade agent) {
    assertThat(agent.role()).isEqualTo(Role.PRIMARY);
  }

  @Test
  void aQuietLifeIsThreeLinesInTheLog() throws Exception {
    String said = run(QuietHost.class, URL_NAME);

    assertThat(said.lines()).as(said).hasSizeLessThanOrEqualTo(3);
    assertThat(said.lines()).allSatisfy(line -> assertThat(line).contains("INFO io.selfupgrade."));
  }

  /** A driver alone shows what is the driver's doing, if the agent's class loader is kept. */
  @ParameterizedTest
  @CsvSource({"driver, child", "agent, parent", "agent, child"})
  void anApplicationThatIsUnloadedLeavesNothing(String who, String loaderOfTheDriver)
      throws Exception {
    assertThat(run(UnloadHost.class, who, loaderOfTheDriver)).contains("collected");
  }

  private static String run(Class<?> host, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // What is reachable softly is as good as gone, but would stay as long as there is room.
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:SoftRefLRUPolicyMSPerMB=0", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add(host.getName());
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put(URL_NAME, url);
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(said).isZero();
    return said;
  }

  private static Set<Thread> threads() {
    return Thread.getAllStackTraces().keySet();
  }

  private static List<Thread> added(Set<Thread> before) {
    return threads().stream().filter(thread -> !before.contains(thread)).toList();
  }
}
