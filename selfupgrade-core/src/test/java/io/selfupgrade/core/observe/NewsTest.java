package io.selfupgrade.core.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.observe.Delivery;
import io.selfupgrade.observe.Notification;
import io.selfupgrade.observe.Notifier;
import io.selfupgrade.observe.Outbox.Parcel;
import io.selfupgrade.observe.Outbox.State;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradeJournal;
import io.selfupgrade.upgrade.UpgradePhase;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** From an event to the people who should hear of it. */
class NewsTest {

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Duration DAY = Duration.ofDays(1);

  private final FaultyStore store = FaultyStore.around(new InMemoryStore(Clock.systemUTC()));
  private final EngineScene scene = new EngineScene(store);
  private final BlockingQueue<Notification> heard = new LinkedBlockingQueue<>();

  @AfterEach
  void close() {
    scene.close();
  }

  @Test
  void anOutcomeIsToldOnceEvenIfAnotherPrimaryComes() throws Exception {
    scene.lead();
    UUID upgrade = refused();
    start(new Hearing(new Delivery.Delivered()));

    Notification told = heard.poll(20, TimeUnit.SECONDS);
    assertThat(told.title()).isEqualTo("observed: Refused");
    assertThat(told.text()).contains("as the test wants it");
    assertThat(told.key()).contains(upgrade.toString());
    start(new Hearing(new Delivery.Delivered()));

    store.journal().freeze(scene.self.agent(), "the weekend");
    Notification next = heard.poll(20, TimeUnit.SECONDS);
    assertThat(next.kind()).isEqualTo(Notification.Kind.FREEZE);
    assertThat(next.text()).contains("the weekend");
    Eventually.holds(
        "all is delivered",
        SOON,
        () -> parcels().stream().allMatch(parcel -> parcel.state() == State.DELIVERED));
    assertThat(parcels()).hasSize(2);
    assertThat(heard).isEmpty();
  }

  @Test
  void aSecondFreezeForTheSameReasonOnTheSameDayIsToldToo() throws Exception {
    scene.lead();
    start(new Hearing(new Delivery.Delivered()));
    start(new Hearing(new Delivery.Delivered()));
    for (int i = 0; i < 2; i++) {
      store.journal().freeze(scene.self.agent(), "the weekend");
      hear("Upgrades are frozen");
      store.journal().unfreeze(scene.self.agent());
      hear("Upgrades are not frozen any more");
    }

    assertThat(parcels())
        .filteredOn(parcel -> parcel.notification().key().startsWith("frozen:"))
        .hasSize(2);
  }

  @Test
  void badHealthIsToldAndSoIsItsEnd() throws Exception {
    scene.lead();
    scene.alone.workFailure = Optional.of("port in use");
    start(new Hearing(new Delivery.Delivered()));

    Notification down = heard.poll(20, TimeUnit.SECONDS);
    assertThat(down.title()).isEqualTo("observed: The agent is DOWN");
    assertThat(down.text()).contains("port in use");
    scene.alone.workFailure = Optional.empty();

    assertThat(heard.poll(20, TimeUnit.SECONDS).title()).endsWith("again");
  }

  @Test
  void aDeliveryIsRepeatedAfterTheAskedPause() throws Exception {
    scene.lead();
    refused();
    ObserveEngine engine =
        start(
            new Hearing(
                new Delivery.Later("busy", Optional.of(Duration.ofMillis(50))),
                new Delivery.Later("busy", Optional.of(Duration.ofMillis(50))),
                new Delivery.Delivered()));

    for (int i = 0; i < 3; i++) {
      assertThat(heard.poll(20, TimeUnit.SECONDS)).isNotNull();
    }

    Eventually.holds("it arrived", SOON, () -> engine.metrics().notifications().delivered() == 1);
    assertThat(engine.metrics().notifications().retried()).isEqualTo(2);
    assertThat(parcels()).extracting(Parcel::attempts).containsExactly(3);
  }

  @Test
  void anAnswerThatIsLostLosesNothing() throws Exception {
    scene.lead();
    refused();
    store.failNext("settle", FaultyStore.Moment.AFTER);
    start(new Hearing(new Delivery.Delivered()));

    assertThat(heard.poll(20, TimeUnit.SECONDS)).isNotNull();
    Eventually.holds("it is settled", SOON, () -> parcels().get(0).state() == State.DELIVERED);
  }

  @Test
  void whatCannotBeDeliveredIsGivenUpAndHealthSaysSo() throws Exception {
    scene.lead();
    refused();
    ObserveEngine engine = start(new Hearing(new Delivery.Impossible("the channel is gone")));

    Eventually.holds("it is given up", SOON, () -> engine.metrics().notifications().givenUp() == 1);

    assertThat(parcels()).extracting(Parcel::state).containsExactly(State.GIVEN_UP);
    assertThat(engine.healthCheck().finding("notifications").orElseThrow().seen())
        .contains("1 given up");
  }

  @Test
  void afterABoundedTimeItIsGivenUp() {
    scene.lead();
    refused();
    Delivery later = new Delivery.Later("busy", Optional.of(Duration.ofMillis(20)));
    ObserveEngine engine =
        scene.engine(
            Optional.empty(), Map.of(), List.of(new Hearing(later)), Duration.ofMillis(200));
    engine.start();

    Eventually.holds("it is given up", SOON, () -> engine.metrics().notifications().givenUp() == 1);

    assertThat(engine.metrics().notifications().retried()).isPositive();
  }

  @Test
  void aNotifierThatThrowsIsTriedAgainAndItsMessageIsNotKept() throws Exception {
    scene.lead();
    refused();
    ObserveEngine engine = start(new Throwing());

    Eventually.holds("it is put off", SOON, () -> engine.metrics().notifications().retried() == 1);

    assertThat(parcels()).extracting(Parcel::state).containsExactly(State.WAITING);
  }

  @Test
  void aStandbyDeliversNothing() {
    scene.lead();
    Fence lost = scene.alone.fence.orElseThrow();
    scene.alone.fence = Optional.empty();
    UpgradeJournal journal = store.journal();
    UUID upgrade = journal.open(lost, Trigger.MANUAL, scene.self.version()).orElseThrow().id();
    journal.move(lost, upgrade, UpgradePhase.OPEN, UpgradePhase.REFUSED, ending());
    ObserveEngine engine = start(new Hearing(new Delivery.Delivered()));
    engine.wake();

    engine.close();

    assertThat(parcels()).isEmpty();
    assertThat(heard).isEmpty();
  }

  private void hear(String what) throws InterruptedException {
    Notification next;
    do {
      next = heard.poll(20, TimeUnit.SECONDS);
      assertThat(next).as(what).isNotNull();
    } while (!next.title().endsWith(what));
  }

  private UUID refused() {
    Fence fence = scene.alone.fence.orElseThrow();
    UpgradeJournal journal = store.journal();
    UUID upgrade = journal.open(fence, Trigger.MANUAL, scene.self.version()).orElseThrow().id();
    assertThat(journal.move(fence, upgrade, UpgradePhase.OPEN, UpgradePhase.REFUSED, ending()))
        .isTrue();
    return upgrade;
  }

  private static Optional<UpgradeJournal.Ending> ending() {
    Reason reason = new Reason(ReasonCode.TROUBLE, "as the test wants it");
    return Optional.of(new UpgradeJournal.Ending(reason, false));
  }

  private ObserveEngine start(Notifier notifier) {
    ObserveEngine engine = scene.engine(Optional.empty(), Map.of(), List.of(notifier), DAY);
    engine.start();
    return engine;
  }

  private List<Parcel> parcels() {
    return store.outbox().newest(scene.self.agent(), 10);
  }

  /** Hears everything, and answers in turn; the last answer again and again. */
  private final class Hearing implements Notifier {
    private final List<Delivery> answers;
    private int next;

    Hearing(Delivery... answers) {
      this.answers = List.of(answers);
    }

    @Override
    public String name() {
      return "hearing";
    }

    @Override
    public Delivery deliver(Notification notification) {
      heard.add(notification);
      return answers.get(Math.min(next++, answers.size() - 1));
    }
  }

  /** Tells a secret when it fails, as many a client does. */
  private static final class Throwing implements Notifier {
    @Override
    public String name() {
      return "throwing";
    }

    @Override
    public Delivery deliver(Notification notification) {
      throw new IllegalStateException("https://secret.example/token");
    }
  }
}
