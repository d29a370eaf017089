package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.failover.LeadershipSession;
import io.selfupgrade.failover.SessionLock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Obligations of {@link LeadershipSession}; of a store that keeps no sessions, that there is no
 * lock for anybody, and that no other store is heard.
 */
abstract class LeadershipSessionContract extends StoreContract {

  private static final Duration SOON = Duration.ofSeconds(10);

  private final List<LeadershipSession> sessions = new ArrayList<>();

  @AfterEach
  void closeSessions() {
    sessions.forEach(LeadershipSession::close);
  }

  @Test
  void ofTwoSessionsOneGetsTheLockOfAnEpoch() {
    LeadershipSession first = session();
    LeadershipSession second = sessionOfAnotherStore();

    assertLocked(first.tryLock(7));
    assertThat(second.tryLock(7)).isEmpty();
    assertLocked(second.tryLock(8));
  }

  @Test
  void theLocksOfAgentsAreDifferentOnes() {
    assertLocked(session().tryLock(1));

    assertLocked(session(new Scene(store).agent).tryLock(1));
  }

  @Test
  void tryLockNamesTheSameSessionEachTime() {
    LeadershipSession session = session();

    Optional<SessionLock> locked = session.tryLock(1);

    assertLocked(locked);
    assertThat(session.tryLock(2)).isEqualTo(locked);
  }

  @Test
  void anUnlockedLockIsFree() {
    LeadershipSession first = session();
    LeadershipSession second = sessionOfAnotherStore();
    assertLocked(first.tryLock(7));

    first.unlock(6);
    assertThat(second.tryLock(7)).isEmpty();
    first.unlock(7);

    assertLocked(second.tryLock(7));
  }

  @Test
  void theLockIsFreeAsSoonAsItsSessionIsClosed() {
    LeadershipSession first = session();
    LeadershipSession second = sessionOfAnotherStore();
    assertLocked(first.tryLock(7));

    first.close();

    Eventually.holds(
        "the lock is free", SOON, () -> second.tryLock(7).isPresent() == stores().keepsSessions());
  }

  @Test
  void waitingForAHeldLockEndsWithTheSlice() {
    assertLocked(session().tryLock(7));

    assertThat(sessionOfAnotherStore().awaitLock(7, Duration.ofMillis(100))).isFalse();
  }

  @Test
  void waitingForALockEndsWhenItsHolderCloses() {
    LeadershipSession first = session();
    LeadershipSession second = sessionOfAnotherStore();
    assertLocked(first.tryLock(7));
    CountDownLatch begun = new CountDownLatch(1);

    CompletableFuture<Boolean> waiting =
        CompletableFuture.supplyAsync(
            () -> {
              begun.countDown();
              return second.awaitLock(7, stores().keepsSessions() ? SOON : SHORT);
            });
    awaitLatch(begun);
    first.close();

    assertThat(await(waiting)).isEqualTo(stores().keepsSessions());
    assertThat(session().tryLock(7)).isEmpty();
  }

  @Test
  void awaitEndsWithTheTime() {
    assertThat(session().await(Duration.ofMillis(50))).isFalse();
  }

  @Test
  void aSignalWakesTheSessionsOfTheSameAgent() {
    LeadershipSession first = session();
    LeadershipSession second = sessionOfAnotherStore();

    first.signal();

    assertThat(second.await(stores().keepsSessions() ? SOON : SHORT))
        .isEqualTo(stores().keepsSessions());
    assertThat(first.await(SOON)).isTrue();
  }

  @Test
  void aSignalWakesASessionThatWaits() {
    LeadershipSession first = session();
    LeadershipSession second = stores().keepsSessions() ? sessionOfAnotherStore() : session();
    CompletableFuture<Boolean> waiting = CompletableFuture.supplyAsync(() -> second.await(LONG));

    Eventually.holds(
        "the session woke",
        SOON,
        () -> {
          first.signal();
          return waiting.isDone();
        });

    assertThat(await(waiting)).isTrue();
  }

  @Test
  void aSignalDoesNotWakeAnotherAgent() {
    LeadershipSession stranger = session(new Scene(store).agent);

    session().signal();

    assertThat(stranger.await(Duration.ofMillis(100))).isFalse();
  }

  @Test
  void aSignalOfAnOpenedSessionIsNotSeenTwice() {
    LeadershipSession session = session();
    session.signal();
    assertThat(session.await(SOON)).isTrue();

    assertThat(session.await(Duration.ofMillis(50))).isFalse();
  }

  @Test
  void aBrokenSessionThrowsFromThenOn() {
    LeadershipSession session = session();
    session.close();
    session.close();

    assertThatThrownBy(() -> session.tryLock(1)).isInstanceOf(AdapterException.class);
    assertThatThrownBy(() -> session.awaitLock(1, SHORT)).isInstanceOf(AdapterException.class);
    assertThatThrownBy(() -> session.await(SHORT)).isInstanceOf(AdapterException.class);
    assertThatThrownBy(session::signal).isInstanceOf(AdapterException.class);
  }

  @Test
  void closeEndsAWait() {
    LeadershipSession session = session();
    CountDownLatch begun = new CountDownLatch(1);
    CompletableFuture<String> waiting =
        CompletableFuture.supplyAsync(
            () -> {
              begun.countDown();
              try {
                return session.await(LONG) ? "woken" : "timed out";
              } catch (AdapterException e) {
                return "broken";
              }
            });
    awaitLatch(begun);

    session.close();

    assertThat(await(waiting)).isEqualTo("broken");
  }

  private void assertLocked(Optional<SessionLock> lock) {
    assertThat(lock.isPresent()).as("%s", lock).isEqualTo(stores().keepsSessions());
  }

  private LeadershipSession session() {
    return session(scene.agent);
  }

  private LeadershipSession session(AgentName agent) {
    return kept(store.leadership().openSession(agent));
  }

  private LeadershipSession sessionOfAnotherStore() {
    return kept(secondStore().leadership().openSession(scene.agent));
  }

  private LeadershipSession kept(LeadershipSession session) {
    sessions.add(session);
    return session;
  }

  private static void awaitLatch(CountDownLatch latch) {
    Eventually.holds("the thread runs", SOON, () -> latch.getCount() == 0);
  }
}
