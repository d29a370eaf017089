package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Json;
import io.selfupgrade.observe.Retention;
import io.selfupgrade.schedule.Claimant;
import io.selfupgrade.schedule.ClaimedRun;
import io.selfupgrade.schedule.OneShot;
import io.selfupgrade.schedule.OneShotBatch;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.RunEnd;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.TaskStore.Submitted;
import io.selfupgrade.store.AgentStore;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Obligations of {@link io.selfupgrade.schedule.TaskStore} on work to be done once. */
abstract class OneShotContract extends TaskContract {

  private static final String MAIL = "mail";
  private static final Json LETTER = Json.of("{\"to\":\"ada\"}");

  private Claimant primary;

  @BeforeEach
  void thePrimaryClaims() {
    primary = Claimant.primary(fence);
  }

  @Test
  void whatIsDueIsClaimedAndWhatIsNotIsAnnounced() {
    Instant later = now().plus(LONG);
    UUID due = submit(OneShot.of(MAIL, LETTER));
    submit(OneShot.of(MAIL, LETTER).at(later));

    OneShotBatch batch = claim(10);

    ClaimedRun run = only(batch);
    assertThat(run.claim().run()).isEqualTo(due);
    assertThat(run.claim().kind()).isEqualTo(RunClaim.Kind.ONE_SHOT);
    assertThat(run.claim().task()).isEqualTo(MAIL);
    assertThat(run.claim().attempt()).isEqualTo(1);
    assertThat(run.claim().fence()).isEqualTo(fence);
    assertThat(run.claim().due()).isBeforeOrEqualTo(batch.now());
    assertThat(run.payload().text()).isEqualToIgnoringWhitespace(LETTER.text());
    assertThat(run.failures()).isZero();
    assertThat(batch.next()).containsExactly(Map.entry(MAIL, micros(later)));
  }

  @Test
  void nothingIsClaimedBeforeItIsDueHoweverSoonThatIs() {
    Instant soon = now().plus(SHORT);
    submit(OneShot.of(MAIL, LETTER).at(soon));
    OneShotBatch batch = claim(1);
    if (!batch.claimed().isEmpty()) {
      assertThat(batch.now()).isAfterOrEqualTo(micros(soon));
      return;
    }
    passShort();

    assertThat(only(claim(1)).claim().due()).isEqualTo(micros(soon));
  }

  @Test
  void whatIsDueLongestComesFirstAndNoMoreThanIsAskedFor() {
    Instant first = now().minus(LONG);
    List<UUID> ids = new ArrayList<>();
    for (int index : new int[] {3, 1, 2}) {
      ids.add(submit(OneShot.of(MAIL, LETTER).at(first.plusSeconds(index))));
    }

    assertThat(ids(claim(2))).containsExactly(ids.get(1), ids.get(2));
    assertThat(ids(claim(2))).containsExactly(ids.get(0));
    assertThat(claim(2).next()).isEmpty();
  }

  @Test
  void handlersHaveLimitsOfTheirOwnAndOnlyThoseThatAreAskedForAreGiven() {
    for (int index = 0; index < 3; index++) {
      submit(OneShot.of(MAIL, LETTER));
      submit(OneShot.of("sms", LETTER));
      submit(OneShot.of("fax", LETTER));
    }

    OneShotBatch batch = tasks().claimOneShots(primary, Map.of(MAIL, 2, "sms", 0));

    assertThat(batch.claimed()).extracting(run -> run.claim().task()).containsExactly(MAIL, MAIL);
    assertThat(batch.next()).containsOnlyKeys(MAIL, "sms");
  }

  @Test
  void eachIsGivenOutOnce() {
    AgentStore other = secondStore();
    List<UUID> submitted = new ArrayList<>();
    List<Submitted> work = new ArrayList<>();
    for (int index = 0; index < 200; index++) {
      work.add(new Submitted(UUID.randomUUID(), OneShot.of(MAIL, LETTER)));
    }
    submitted.addAll(tasks().submit(scene.agent, work));

    List<List<UUID>> claimed =
        inThreads(
            index -> {
              List<UUID> mine = new ArrayList<>();
              for (int round = 0; round < 10; round++) {
                mine.addAll(
                    ids(
                        (index % 2 == 0 ? store : other)
                            .tasks()
                            .claimOneShots(primary, Map.of(MAIL, 7))));
              }
              return mine;
            });

    assertThat(claimed.stream().flatMap(List::stream))
        .containsExactlyInAnyOrderElementsOf(submitted);
  }

  @Test
  void anEndIsRecordedOnceAndIsInTheHistory() {
    submit(OneShot.of(MAIL, LETTER));
    RunClaim claim = only(claim(1)).claim();
    assertThat(tasks().find(claim).map(RunRecord::state)).contains(RunRecord.State.RUNNING);
    assertThat(history(MAIL)).extracting(RunRecord::state).containsExactly(RunRecord.State.RUNNING);

    assertThat(tasks().finish(List.of(RunEnd.succeeded(claim)))).containsExactly(claim.run());
    assertThat(tasks().finish(List.of(RunEnd.failed(claim, "late")))).isEmpty();

    RunRecord record = tasks().find(claim).orElseThrow();
    assertThat(record.state()).isEqualTo(RunRecord.State.SUCCEEDED);
    assertThat(record.claim()).isEqualTo(claim);
    assertThat(record.took().orElseThrow()).isGreaterThanOrEqualTo(Duration.ZERO);
    assertThat(history(MAIL)).containsExactly(record);
    assertThat(claim(1).claimed()).isEmpty();
  }

  @Test
  void endsOfAllKindsAreRecordedTogether() {
    for (int index = 0; index < 5; index++) {
      submit(OneShot.of(MAIL, LETTER));
    }
    planned(T0);
    RunClaim tick = next(0);
    List<RunClaim> claims = claim(5).claimed().stream().map(ClaimedRun::claim).toList();

    Set<UUID> done =
        tasks()
            .finish(
                List.of(
                    RunEnd.succeeded(claims.get(0)),
                    RunEnd.failed(claims.get(1), "no"),
                    RunEnd.quarantined(claims.get(2), "never"),
                    RunEnd.retry(claims.get(3), "not yet", LONG),
                    RunEnd.givenBack(claims.get(4)),
                    RunEnd.succeeded(tick)));

    assertThat(done).hasSize(6).contains(tick.run());
    assertThat(tasks().find(claims.get(1)).orElseThrow().error()).isEqualTo("no");
    assertThat(tasks().find(claims.get(2)).orElseThrow().quarantined()).isTrue();
    assertThat(tasks().find(claims.get(3)).orElseThrow().state())
        .isEqualTo(RunRecord.State.WAITING);
    assertThat(ids(claim(5))).containsExactly(claims.get(4).run());
  }

  @Test
  void whatFailedIsTriedAgainAfterItsPauseAndCounted() {
    submit(OneShot.of(MAIL, LETTER));
    RunClaim first = only(claim(1)).claim();
    assertThat(tasks().finish(List.of(RunEnd.retry(first, "busy", Duration.ZERO)))).hasSize(1);

    ClaimedRun second = only(claim(1));
    assertThat(second.claim().attempt()).isEqualTo(2);
    assertThat(second.failures()).isEqualTo(1);
    assertThat(second.claim().due()).isEqualTo(first.due());
    assertThat(tasks().finish(List.of(RunEnd.succeeded(first)))).as("the lost claim").isEmpty();
    assertThat(tasks().finish(List.of(RunEnd.retry(second.claim(), "busy", LONG)))).hasSize(1);

    OneShotBatch batch = claim(1);
    assertThat(batch.claimed()).isEmpty();
    assertThat(batch.next().get(MAIL)).isAfter(batch.now());
  }

  @Test
  void whatIsGivenBackIsNoFailure() {
    submit(OneShot.of(MAIL, LETTER));
    assertThat(tasks().giveBack(only(claim(1)).claim())).isTrue();

    ClaimedRun again = only(claim(1));
    assertThat(again.claim().attempt()).isEqualTo(2);
    assertThat(again.failures()).isZero();
  }

  @Test
  void whatIsSetAsideIsListedAndCanBeReleased() {
    submit(OneShot.of(MAIL, LETTER));
    RunClaim claim = only(claim(1)).claim();
    assertThat(tasks().release(scene.agent, claim.run())).isFalse();
    assertThat(tasks().finish(List.of(RunEnd.quarantined(claim, "poison")))).hasSize(1);
    assertThat(tasks().quarantined(scene.agent, 10))
        .extracting(run -> run.claim().run())
        .containsExactly(claim.run());

    assertThat(tasks().release(scene.agent, claim.run())).isTrue();
    assertThat(tasks().release(scene.agent, claim.run())).isFalse();

    ClaimedRun again = only(claim(1));
    assertThat(again.claim().attempt()).isEqualTo(2);
    assertThat(again.failures()).isZero();
    assertThat(again.payload().text()).isEqualToIgnoringWhitespace(LETTER.text());
    assertThat(tasks().quarantined(scene.agent, 10)).isEmpty();
  }

  @Test
  void aKeySubmitsOnceAlsoAfterTheEnd() {
    UUID first = submit(OneShot.of(MAIL, LETTER).key("a"));
    UUID other = submit(OneShot.of(MAIL, LETTER).key("b"));
    assertThat(submit(OneShot.of(MAIL, LETTER).key("a"))).isEqualTo(first).isNotEqualTo(other);
    tasks().finish(claim(10).claimed().stream().map(run -> RunEnd.succeeded(run.claim())).toList());

    List<UUID> ids =
        tasks()
            .submit(
                scene.agent,
                List.of(
                    submitted(OneShot.of(MAIL, LETTER).key("a")),
                    submitted(OneShot.of(MAIL, LETTER).key("c")),
                    submitted(OneShot.of(MAIL, LETTER).key("c")),
                    submitted(OneShot.of(MAIL, LETTER))));

    assertThat(ids.get(0)).isEqualTo(first);
    assertThat(ids.get(1)).isEqualTo(ids.get(2));
    assertThat(ids(claim(10))).containsExactlyInAnyOrder(ids.get(1), ids.get(3));
  }

  @Test
  void aKeySubmitsOnceFromManyThreads() {
    List<UUID> ids = inThreads(index -> submit(OneShot.of(MAIL, LETTER).key("once")));

    assertThat(ids).containsOnly(ids.get(0));
    assertThat(ids(claim(10))).containsExactly(ids.get(0));
  }

  @Test
  void whatNobodyHasBegunCanBeTakenBack() {
    UUID waiting = submit(OneShot.of(MAIL, LETTER).at(now().plus(LONG)));
    UUID running = submit(OneShot.of(MAIL, LETTER));
    assertThat(ids(claim(1))).containsExactly(running);

    assertThat(tasks().cancel(scene.agent, running)).isFalse();
    assertThat(tasks().cancel(scene.agent, waiting)).isTrue();
    assertThat(tasks().cancel(scene.agent, waiting)).isFalse();

    assertThat(claim(1).next()).isEmpty();
  }

  @Test
  void whatALostInstanceRanIsRunAgain() {
    submit(OneShot.of(MAIL, LETTER));
    RunClaim lost = only(claim(1)).claim();
    Fence next = scene.takeOverFrom(fence);
    assertThat(tasks().reclaim(next, Optional.of(InstanceId.random()), LONG)).isZero();

    assertThat(tasks().reclaim(next, Optional.of(fence.holder()), LONG)).isEqualTo(1);

    assertThat(tasks().finish(List.of(RunEnd.succeeded(lost)))).isEmpty();
    OneShotBatch batch = tasks().claimOneShots(Claimant.primary(next), Map.of(MAIL, 1));
    assertThat(only(batch).claim().attempt()).isEqualTo(2);
    assertThat(only(batch).claim().fence()).isEqualTo(next);
  }

  @Test
  void whatAnInstanceDoesNotKnowOfItGivesBack() {
    submit(OneShot.of(MAIL, LETTER));
    submit(OneShot.of(MAIL, LETTER));
    List<RunClaim> claims = claim(2).claimed().stream().map(ClaimedRun::claim).toList();

    assertThat(tasks().disown(primary, Set.of(claims.get(0).run()))).isEqualTo(1);
    assertThat(tasks().disown(primary, Set.of(claims.get(0).run()))).isZero();

    assertThat(ids(claim(2))).containsExactly(claims.get(1).run());
  }

  @Test
  void whoServesClaimsUntilItHasStoppedAndWhoLeadsNoMoreDoesNot() {
    submit(OneShot.of(MAIL, LETTER));
    submit(OneShot.of(MAIL, LETTER));
    InstanceId standby = scene.instance(V1).id();
    Claimant member = Claimant.member(scene.agent, standby);

    RunClaim claim = only(tasks().claimOneShots(member, Map.of(MAIL, 1))).claim();
    assertThat(claim.fence().holder()).isEqualTo(standby);
    store.instances().stopped(standby);
    assertThat(tasks().claimOneShots(member, Map.of(MAIL, 1)).claimed()).isEmpty();

    scene.takeOverFrom(fence);
    assertThat(claim(1).claimed()).isEmpty();
    assertThat(tasks().finish(List.of(RunEnd.succeeded(claim)))).hasSize(1);
  }

  @Test
  void whatEndedLongAgoIsDeletedWithTheRunsOfTasks() {
    submit(OneShot.of(MAIL, LETTER).key("a"));
    submit(OneShot.of(MAIL, LETTER));
    RunClaim claim = claim(1).claimed().get(0).claim();
    tasks().finish(List.of(RunEnd.succeeded(claim)));
    passShort();

    assertThat(deleted(LONG)).isZero();
    assertThat(deleted(SHORT)).isEqualTo(1);
    assertThat(deleted(SHORT)).isZero();

    assertThat(tasks().find(claim)).isEmpty();
    assertThat(claim(5).claimed()).hasSize(1);
  }

  private int deleted(Duration olderThan) {
    return store.retention().delete(fence, Retention.Kept.TASK_RUNS, olderThan, 100);
  }

  private Instant now() {
    return tasks().agenda(scene.agent, List.of()).now();
  }

  /** What a store keeps of an instant. */
  private static Instant micros(Instant instant) {
    return instant.truncatedTo(ChronoUnit.MICROS);
  }

  private UUID submit(OneShot work) {
    return tasks().submit(scene.agent, List.of(submitted(work))).get(0);
  }

  private static Submitted submitted(OneShot work) {
    return new Submitted(UUID.randomUUID(), work);
  }

  private OneShotBatch claim(int most) {
    return tasks().claimOneShots(primary, Map.of(MAIL, most));
  }

  private List<RunRecord> history(String task) {
    return tasks().history(scene.agent, task, 10);
  }

  private static List<UUID> ids(OneShotBatch batch) {
    return batch.claimed().stream().map(run -> run.claim().run()).toList();
  }

  private static ClaimedRun only(OneShotBatch batch) {
    assertThat(batch.claimed()).hasSize(1);
    return batch.claimed().get(0);
  }
}
