package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.upgrade.DeliveryReceipt;
import io.selfupgrade.upgrade.DeliveryReceipt.Joined;
import io.selfupgrade.upgrade.DeliveryReceipt.Known;
import io.selfupgrade.upgrade.DeliveryReceipt.Queued;
import io.selfupgrade.upgrade.DeliveryReceipt.TurnedAway;
import io.selfupgrade.upgrade.DeliveryStore;
import io.selfupgrade.upgrade.DeliveryStore.Hint;
import io.selfupgrade.upgrade.DeliveryStore.Rule;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradeJournal;
import io.selfupgrade.upgrade.UpgradePhase;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Obligations of {@link io.selfupgrade.upgrade.DeliveryStore}. */
abstract class DeliveryStoreContract extends StoreContract {

  private static final Rule SOON = new Rule(SHORT, 100, LONG);
  private static final Rule LATE = new Rule(LONG, 100, LONG);
  private static final String BODY = "a".repeat(64);
  private static final String OTHER_BODY = "b".repeat(64);

  @Test
  void aNewDeliveryFilesARequestThatAnUpgradeAnswers() {
    UUID request = queued(accept("1", BODY, LATE));

    assertThat(store.journal().waitingRequest(scene.agent)).contains(Trigger.WEBHOOK);
    assertThat(store.journal().answerOf(request)).isEmpty();
    UUID upgrade = look(scene.lead());
    assertThat(store.journal().answerOf(request)).contains(upgrade);
  }

  @Test
  void aKnownIdHasNoEffectWhateverItsBody() {
    UUID request = queued(accept("1", BODY, SOON));

    assertThat(accept("1", BODY, SOON)).isEqualTo(new Known(request));
    look(scene.lead());
    passShort();

    assertThat(accept("1", BODY, SOON)).isEqualTo(new Known(request));
    assertThat(accept("1", OTHER_BODY, SOON)).isEqualTo(new Known(request));
    assertThat(store.journal().waitingRequest(scene.agent)).isEmpty();
  }

  @Test
  void aKnownBodyJoinsItsRequestWhileThatWaitsOrItsUpgradeIsUnderWay() {
    UUID request = queued(accept("1", BODY, SOON));
    passShort();
    assertThat(accept("2", BODY, SOON)).isEqualTo(new Joined(request));
    Fence fence = scene.lead();
    UUID upgrade = store.journal().open(fence, Trigger.WEBHOOK, V1).orElseThrow().id();
    assertThat(store.journal().answerRequests(fence, upgrade)).isTrue();
    store.journal().move(fence, upgrade, UpgradePhase.OPEN, UpgradePhase.STAGED);
    passShort();

    assertThat(accept("3", BODY, SOON)).isEqualTo(new Joined(request));

    assertThat(store.journal().waitingRequest(scene.agent)).isEmpty();
  }

  @Test
  void aKnownBodyAsksForOneMoreLookOnceTheRuleAllowsIt() {
    Fence fence = scene.lead();
    UUID first = queued(accept("1", BODY, SOON));
    look(fence);
    assertThat(accept("2", BODY, LATE)).isEqualTo(new Joined(first));
    passShort();

    UUID second = queued(accept("3", BODY, SOON));

    assertThat(second).isNotEqualTo(first);
    look(fence);
    assertThat(accept("4", BODY, LATE)).isEqualTo(new Joined(second));
    assertThat(accept("1", BODY, SOON)).isEqualTo(new Known(first));
  }

  @Test
  void anotherBodyFilesARequestOfItsOwn() {
    UUID first = queued(accept("1", BODY, LATE));
    UUID second = queued(accept("2", OTHER_BODY, LATE));

    assertThat(second).isNotEqualTo(first);
    UUID upgrade = look(scene.lead());
    assertThat(store.journal().answerOf(first)).contains(upgrade);
    assertThat(store.journal().answerOf(second)).contains(upgrade);
  }

  @Test
  void oneTooManyJoinsARequestThatWaitsAndIsTurnedAwayOtherwise() {
    Rule two = new Rule(LONG, 2, LONG);
    UUID first = queued(accept("1", body(1), two));
    queued(accept("2", body(2), two));

    assertThat(accept("3", body(3), two)).isEqualTo(new Joined(first));
    look(scene.lead());
    assertThat(accept("3", body(3), two))
        .isInstanceOfSatisfying(
            TurnedAway.class,
            away -> assertThat(away.retryAfter()).isBetween(Duration.ofSeconds(1), LONG));

    assertThat(store.journal().waitingRequest(scene.agent)).isEmpty();
    passShort();
    queued(accept("3", body(3), new Rule(LONG, 2, SHORT)));
  }

  @Test
  void noMoreThanAHundredWaitHoweverLongNobodyAnswers() {
    Rule many = new Rule(LONG, 1000, LONG);
    UUID first = queued(accept("0", body(0), many));
    for (int i = 1; i < DeliveryStore.MOST_WAITING; i++) {
      queued(accept("" + i, body(i), many));
    }

    assertThat(accept("one-more", body(1000), many)).isEqualTo(new Joined(first));

    look(scene.lead());
    queued(accept("one-more", body(1000), many));
  }

  @Test
  void theSameDeliveryAtSeveralInstancesAtOnceIsOneRequest() {
    AgentStore second = secondStore();

    List<DeliveryReceipt> receipts =
        inThreads(
            index ->
                (index % 2 == 0 ? store : second)
                    .deliveries()
                    .accept(scene.agent, hint("1", BODY), SOON));

    assertThat(receipts).filteredOn(Queued.class::isInstance).hasSize(1);
    assertThat(receipts).filteredOn(Known.class::isInstance).hasSize(THREADS - 1);
    assertThat(receipts.stream().map(DeliveryStoreContract::request).distinct()).hasSize(1);
  }

  @Test
  void theSameBodyUnderSeveralIdsAtOnceIsOneRequest() {
    AgentStore second = secondStore();

    List<DeliveryReceipt> receipts =
        inThreads(
            index ->
                (index % 2 == 0 ? store : second)
                    .deliveries()
                    .accept(scene.agent, hint("id-" + index, BODY), LATE));

    assertThat(receipts).filteredOn(Queued.class::isInstance).hasSize(1);
    assertThat(receipts.stream().map(DeliveryStoreContract::request).distinct()).hasSize(1);
  }

  @Test
  void agentsKnowNothingOfEachOthersDeliveries() {
    UUID first = queued(accept("1", BODY, LATE));
    Scene other = new Scene(store);

    UUID second =
        queued(store.deliveries().accept(other.agent, hint("1", BODY), new Rule(LONG, 1, LONG)));

    assertThat(second).isNotEqualTo(first);
  }

  /** Obligation of {@link UpgradeJournal}. */
  @Test
  void aRequestOfAWebhookWaitsForAnUpgradeThatHasNoTargetYet() {
    UpgradeJournal journal = store.journal();
    Scene.Upgrading upgrading = scene.upgradeIn(UpgradePhase.OPEN);
    Fence fence = upgrading.primary();
    UUID webhook = journal.request(scene.agent, Trigger.WEBHOOK);
    UUID manual = journal.request(scene.agent, Trigger.MANUAL);

    assertThat(journal.answerRequests(fence, upgrading.upgrade())).isTrue();

    assertThat(journal.answerOf(manual)).contains(upgrading.upgrade());
    assertThat(journal.answerOf(webhook)).isEmpty();
    assertThat(journal.waitingRequest(scene.agent)).contains(Trigger.WEBHOOK);
    journal.move(fence, upgrading.upgrade(), UpgradePhase.OPEN, UpgradePhase.REFUSED);
    assertThat(journal.answerRequests(fence, upgrading.upgrade())).isFalse();
    UUID next = journal.open(fence, Trigger.WEBHOOK, V1).orElseThrow().id();
    assertThat(journal.answerRequests(fence, next)).isTrue();
    assertThat(journal.answerOf(webhook)).contains(next);
  }

  private DeliveryReceipt accept(String delivery, String body, Rule rule) {
    return store.deliveries().accept(scene.agent, hint(delivery, body), rule);
  }

  private static Hint hint(String delivery, String body) {
    return new Hint(delivery, body, "release published v2.0.0");
  }

  private static String body(int number) {
    return String.format("%064x", number);
  }

  private static UUID queued(DeliveryReceipt receipt) {
    assertThat(receipt).isInstanceOf(Queued.class);
    return request(receipt);
  }

  private static UUID request(DeliveryReceipt receipt) {
    if (receipt instanceof Queued queued) {
      return queued.request();
    }
    return receipt instanceof Known known ? known.request() : ((Joined) receipt).request();
  }

  /** Lets the primary answer what waits by an upgrade that finds nothing. */
  private UUID look(Fence fence) {
    UUID upgrade = store.journal().open(fence, Trigger.WEBHOOK, V1).orElseThrow().id();
    assertThat(store.journal().answerRequests(fence, upgrade)).isTrue();
    assertThat(
            store
                .journal()
                .move(fence, upgrade, UpgradePhase.OPEN, UpgradePhase.UP_TO_DATE, Optional.empty()))
        .isTrue();
    return upgrade;
  }
}
