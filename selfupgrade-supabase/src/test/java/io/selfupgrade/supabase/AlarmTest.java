package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.control.JobStore;
import io.selfupgrade.observe.LogEvent;
import io.selfupgrade.observe.Notification;
import io.selfupgrade.observe.Outbox.Parcel;
import io.selfupgrade.observe.Outbox.Settlement;
import io.selfupgrade.observe.Retention;
import io.selfupgrade.store.AgentStore.SchemaMode;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Who tells people of an agent that is down, when the agent itself cannot. */
class AlarmTest {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  private static final String HOOK = "https://hooks.example.org/services/T0/B0/secret";
  private static final Duration HOLD = Duration.ofMinutes(1);

  private static PostgresStore store;
  private DatabaseCalls calls;
  private ControlScene scene;

  @BeforeAll
  static void openTheStore() {
    store = PostgresStore.at(DATABASE.jdbcUrl());
    store.open(SchemaMode.APPLY);
  }

  @AfterAll
  static void closeTheStore() {
    store.close();
  }

  @BeforeEach
  void anAgentWithAnAlarm() throws SQLException {
    calls = DatabaseCalls.into(DATABASE);
    calls.keep("alarms", HOOK);
    scene = new ControlScene(DATABASE, store);
    watch("alarms");
  }

  @AfterEach
  void leaveNoAgentToTheNextTest() throws SQLException {
    calls.remove();
    try (Connection connection = DATABASE.dataSource().getConnection()) {
      new Statements(connection)
          .script(
              """
              delete from selfupgrade.alarms;
              delete from selfupgrade.commands;
              delete from selfupgrade.outages;
              delete from selfupgrade.notifications;
              delete from selfupgrade.agent_state;
              delete from selfupgrade.leadership;
              """);
    }
  }

  private void watch(String alarm) throws SQLException {
    scene.sql("select selfupgrade.set_watch(:agent, false, alarms_at => '" + alarm + "')");
  }

  private String alarm() throws SQLException {
    return scene.sql(
        "select concat_ws(' ', case when settled_at is null then 'open' else 'settled' end, attempts,"
            + " note) from selfupgrade.alarms where agent = :agent order by filed_at desc limit 1");
  }

  private String filed() throws SQLException {
    return scene.sql(
        "select string_agg(state || case when note = '' then '' else ': ' || note end, ', '"
            + " order by filed_at) from selfupgrade.notifications where agent = :agent");
  }

  private void due() throws SQLException {
    scene.change("update selfupgrade.alarms set due_at = clock_timestamp()");
  }

  @Test
  void anOutageIsToldOnceAndItsEndIs() throws SQLException {
    scene.goSilent();
    assertThat(scene.judge()).endsWith("1 alarms");
    assertThat(scene.judge()).as("it is under way").endsWith("0 alarms");
    assertThat(calls.all())
        .singleElement()
        .satisfies(
            call ->
                assertThat(call)
                    .startsWith(HOOK + "  {\"text\"")
                    .contains(scene.fence.agent() + ": The agent is DOWN")
                    .contains("Version 1.0.0 is the confirmed one"));
    assertThat(store.outbox().claim(scene.fence, 5, HOLD))
        .as("nobody else tells it meanwhile")
        .isEmpty();

    calls.answer(200);
    assertThat(scene.judge()).endsWith("0 alarms");
    assertThat(alarm()).isEqualTo("settled 1 answered with 200");
    assertThat(filed()).isEqualTo("DELIVERED: told by the alarm of the database");

    scene.comeBack();
    assertThat(scene.judge()).endsWith("1 alarms");
    calls.answer(200);
    scene.judge();
    scene.judge();

    assertThat(calls.all()).hasSize(2);
    assertThat(calls.all().get(1)).contains("The agent is up again");
    assertThat(filed())
        .isEqualTo(
            "DELIVERED: told by the alarm of the database, DELIVERED: told by the alarm of the"
                + " database");
  }

  @Test
  void whatHasNotArrivedIsToldAgainAndInTheEndByTheAgent() throws SQLException {
    scene.goSilent();
    scene.judge();
    for (int i = 2; i <= 8; i++) {
      calls.answer(500);
      assertThat(scene.judge()).as("not at once").endsWith("0 alarms");
      assertThat(alarm()).isEqualTo("open " + (i - 1) + " answered with 500");
      due();
      assertThat(scene.judge()).endsWith("1 alarms");
    }
    calls.answer(500);
    scene.judge();

    assertThat(alarm()).isEqualTo("settled 8 given up: answered with 500");
    assertThat(calls.all()).hasSize(8);
    assertThat(store.outbox().claim(scene.fence, 5, HOLD)).hasSize(1);
  }

  @Test
  void oneWithoutAnAnswerIsSentAgainWhenItsTimeIsOver() throws SQLException {
    scene.goSilent();
    scene.judge();
    due();

    assertThat(scene.judge()).endsWith("1 alarms");

    assertThat(calls.all()).hasSize(2);
  }

  @Test
  void anAddressThatIsMissingOrNoGoodIsNotedWithoutSayingIt() throws SQLException {
    calls.keep("plain", "http://hooks.example.org/secret");
    for (String name : List.of("other", "plain")) {
      watch(name);
      scene.goSilent();
      assertThat(scene.judge()).contains("1 newly down", "0 alarms");

      assertThat(alarm()).startsWith("open 1 not sent: ").doesNotContain("secret");
      assertThat(claimed(scene.fence))
          .as("the agent tells")
          .anyMatch(parcel -> parcel.notification().title().endsWith("The agent is DOWN"));
      scene.comeBack();
      scene.judge();
    }
    assertThat(calls.all()).isEmpty();
  }

  @Test
  void withoutAnAlarmTheNotificationWaitsForTheAgent() throws SQLException {
    watch("");
    scene.goSilent();

    assertThat(scene.judge()).contains("1 newly down", "0 alarms");

    assertThat(scene.count("alarms")).isZero();
    assertThat(store.outbox().claim(scene.fence, 5, HOLD)).hasSize(1);
  }

  @Test
  void anAgentsWordsMeanNothingToWhoShowsThem() throws SQLException {
    scene.change("update selfupgrade.agent_state set version = '<!channel> & <b>'");
    scene.goSilent();
    scene.judge();

    assertThat(calls.all().get(0))
        .contains("&lt;!channel&gt; &amp; &lt;b&gt;")
        .doesNotContain("<!channel>");
  }

  @Test
  void anotherAgentTellsOfOneThatIsDownAndOfNothingElse() throws SQLException {
    watch("");
    Fence other = Agents.lead(store);
    file("upgrade", Notification.Kind.UPGRADE);
    file("health", Notification.Kind.HEALTH);
    assertThat(claimed(other)).as("the agent lives").isEmpty();
    scene.goSilent();
    scene.judge();
    scene.change("update selfupgrade.leadership set expires_at = clock_timestamp() + '1 hour'");
    assertThat(claimed(other)).as("it has no notifier of that name").isEmpty();

    store.jobs().declare(other, new JobStore.Watch(List.of("slack"), Retention.DEFAULT));
    List<Parcel> told = claimed(other);

    assertThat(told)
        .extracting(parcel -> parcel.notification().title().replaceFirst(".*: ", ""))
        .containsExactly("health", "The agent is DOWN");
    assertThat(told)
        .allSatisfy(
            parcel -> {
              assertThat(parcel.notification().agent()).isEqualTo(scene.fence.agent());
              assertThat(store.outbox().settle(other, parcel.id(), Settlement.delivered()))
                  .isTrue();
            });
    assertThat(claimed(scene.fence))
        .extracting(parcel -> parcel.notification().key())
        .containsExactly("upgrade");
    assertThat(claimed(new Fence(other.agent(), other.holder(), other.epoch() + 1))).isEmpty();
  }

  private void file(String key, Notification.Kind kind) {
    store
        .outbox()
        .file(
            new Notification(scene.fence.agent(), key, kind, "x: " + key, "text"),
            List.of("slack"),
            new LogEvent.Stamp(scene.fence.holder(), scene.fence.epoch()));
  }

  private static List<Parcel> claimed(Fence fence) {
    return store.outbox().claim(fence, 10, HOLD);
  }
}
