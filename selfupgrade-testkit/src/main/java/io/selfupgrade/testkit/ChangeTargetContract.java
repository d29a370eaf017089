package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.change.Change;
import io.selfupgrade.change.ChangeBrief;
import io.selfupgrade.change.ChangeRecord;
import io.selfupgrade.change.ChangeRefusal;
import io.selfupgrade.change.ChangeResult;
import io.selfupgrade.change.ChangeState;
import io.selfupgrade.change.ChangeTarget;
import io.selfupgrade.change.Proposer;
import io.selfupgrade.store.AgentStore;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The obligations of a {@link ChangeTarget}, one test each.
 *
 * <p>An adapter's test extends this class and plays the place, afresh for each test: a repository
 * without a directory {@code prompts}, of which everything below {@code prompts} may be changed and
 * nothing is merged by itself. No call waits for checks.
 */
public abstract class ChangeTargetContract {

  private static final int MOST_REQUESTS = 50;
  private static final int MOST_ROWS = 10;

  private final FaultyStore store =
      FaultyStore.around(new InMemoryStore(ManualClock.at(Instant.EPOCH)));
  private final Scene scene = new Scene(store);
  private Optional<Fence> fence = Optional.empty();
  private Optional<String> frozen = Optional.empty();

  /** Called by the adapter's test class. */
  protected ChangeTargetContract() {}

  /** Returns a new handle on the place, as another process would have it. */
  protected abstract ChangeTarget target();

  /**
   * Lets the place give no answer from a request on.
   *
   * @param request counted from the next one, which is 1
   * @param afterEffect whether that request still has its effect
   */
  protected abstract void cut(int request, boolean afterEffect);

  /** Lets the place answer again. */
  protected abstract void restore();

  /** Returns how many requests came to the place, answered or not. */
  protected abstract int requests();

  /** Returns how many commits were made for changes. */
  protected abstract int commits();

  /** Returns how many pull requests were made for changes. */
  protected abstract int pullRequests();

  /** Returns what must be told to nobody, such as a token; none: it has no secret. */
  protected abstract List<String> secrets();

  /** Makes an instance the primary of a store that is new. */
  @BeforeEach
  protected void lead() {
    store.open(AgentStore.SchemaMode.APPLY);
    fence = Optional.of(scene.lead());
  }

  @Test
  void itsNameIsAlwaysTheSameAndTellsNoSecret() {
    assertThat(target().name()).hasSizeBetween(1, 200).isEqualTo(target().name());
    assertNoSecret(target().name() + " " + target());
  }

  @Test
  void aChangeIsOneCommitAndOnePullRequestAndTheJournalHasThem() {
    ChangeResult result = propose(change("one"));

    assertMade(result, "one", 1);
    assertThat(row("one").brief()).isEqualTo(ChangeBrief.of(target().name(), change("one")));
    assertNoSecret(result + " " + row("one"));
  }

  @Test
  void theSameIsProposedOnceByWhomever() {
    propose(change("one"));
    ChangeRecord row = row("one");
    fence = Optional.of(scene.takeOverFrom(fence.orElseThrow()));

    assertMade(propose(change("one")), "one", 1);

    assertThat(row("one").id()).isEqualTo(row.id());
    assertThat(row("one").progress()).isEqualTo(row.progress());
    assertMade(propose(change("two")), "two", 2);
  }

  @Test
  void anotherChangeOfTheSameKeyIsRefused() {
    propose(change("one"));
    int before = requests();

    assertRefused(propose(change("one").put("prompts/x.md", "x")), ChangeRefusal.KEY_TAKEN);

    assertThat(requests()).isEqualTo(before);
  }

  @Test
  void nothingGoesOutThatThePolicyRefuses() {
    for (String path : List.of("src/Main.java", ".github/workflows/x.yml", "prompts/../x", "")) {
      String key = "key-" + path.length();
      ChangeResult result = propose(Change.of("Greet", "why").put(path, "x").key(key));

      assertThat(result).as(path).isInstanceOf(ChangeResult.Refused.class);
      assertThat(row(key).state()).as(path).isEqualTo(ChangeState.REFUSED);
    }
    assertThat(requests()).isZero();
  }

  @Test
  void nothingGoesOutWhileFrozenOrWithoutTheLead() {
    propose(change("one"));
    ChangeRecord row = row("one");
    int before = requests();
    frozen = Optional.of("an audit");
    assertRefused(propose(change("two")), ChangeRefusal.FROZEN);
    assertRefused(follow(row), ChangeRefusal.FROZEN);
    frozen = Optional.empty();
    fence = Optional.empty();

    assertRefused(propose(change("two")), ChangeRefusal.NOT_PRIMARY);
    assertRefused(follow(row), ChangeRefusal.NOT_PRIMARY);

    assertThat(requests()).isEqualTo(before);
    assertThat(history()).hasSize(1);
  }

  @Test
  void aFreezeOrALostLeadOnTheWayStopsBeforeTheNextEffect() {
    AtomicInteger asked = new AtomicInteger();
    Proposer held = proposer();
    Proposer freezing =
        new Proposer(
            held.author(),
            held.journal(),
            held.fence(),
            () -> asked.incrementAndGet() > 1 ? Optional.of("an audit") : Optional.empty());
    assertRefused(target().propose(change("one"), freezing), ChangeRefusal.FROZEN);
    asked.set(0);
    Supplier<Optional<Fence>> losing =
        () -> asked.incrementAndGet() > 2 ? Optional.empty() : held.fence().get();
    Proposer former = new Proposer(held.author(), held.journal(), losing, held.frozen());
    assertRefused(target().propose(change("two"), former), ChangeRefusal.NOT_PRIMARY);

    assertThat(commits()).isZero();
    assertThat(pullRequests()).isZero();
    assertMade(propose(change("one")), "one", 1);
    assertMade(propose(change("two")), "two", 2);
  }

  @Test
  void whoHasLostTheLeadInTheJournalMakesNothing() {
    Proposer former = proposer();
    scene.takeOverFrom(fence.orElseThrow());

    assertRefused(target().propose(change("one"), former), ChangeRefusal.NOT_PRIMARY);

    assertThat(commits()).isZero();
    assertThat(history()).isEmpty();
  }

  @Test
  void aStepWhoseAnswerWasLostIsLookedForAndNeverMadeAgain() {
    for (boolean afterEffect : new boolean[] {false, true}) {
      int made = commits();
      for (int request = 1; cutAt(request, afterEffect); request++) {
        assertThat(request).as("a change needs fewer requests").isLessThan(MOST_REQUESTS);
      }
      assertThat(commits()).as("something was cut").isGreaterThan(made + 1);
    }
  }

  /** Cuts a change of its own there, lets another process finish it, and tells if it was cut. */
  private boolean cutAt(int request, boolean afterEffect) {
    String key = "cut-" + request + "-" + afterEffect;
    int changes = commits();
    int before = requests();
    cut(request, afterEffect);
    ChangeResult result = propose(change(key));
    boolean cut = requests() - before >= request;
    restore();
    assertThat(row(key)).as("a row is there before anything is made").isNotNull();
    if (cut) {
      assertThat(result)
          .as("%s: %s", key, result.summary())
          .isInstanceOfAny(ChangeResult.Troubled.class, ChangeResult.Open.class);
      assertNoSecret(result + " " + result.summary());
    }
    assertMade(propose(change(key)), key, changes + 1);
    return cut;
  }

  @Test
  void onlyTheJournalsOwnTroubleIsThrownAndTheNextOneGoesOn() {
    for (FaultyStore.Moment moment : FaultyStore.Moment.values()) {
      int made = commits();
      for (int call = 1; failedAt(call, moment); call++) {
        assertThat(call).as("a change needs fewer rows").isLessThan(MOST_ROWS);
      }
      assertThat(commits()).as("something failed").isGreaterThan(made + 1);
    }
  }

  /** Fails a call of the journal, lets another process finish, and tells if there was that call. */
  private boolean failedAt(int call, FaultyStore.Moment moment) {
    Change change = change("row-" + call + "-" + moment);
    int changes = commits();
    long before = store.calls();
    store.failCall(call, moment);
    AdapterException thrown = catchThrowableOfType(AdapterException.class, () -> propose(change));
    boolean failed = store.calls() - before >= call;
    store.failNext("none", moment);
    assertThat(thrown != null).as("the journal's call %s, %s", call, moment).isEqualTo(failed);
    assertMade(propose(change), change.key(), changes + 1);
    return failed;
  }

  @Test
  void aChangeIsFollowedWithoutItsFiles() {
    propose(change("one"));

    ChangeResult result = follow(row("one"));

    assertMade(result, "one", 1);
  }

  @Test
  void whatWasInterruptedBeforeItsCommitCannotBeFollowed() {
    ChangeRecord begun =
        store
            .changes()
            .begin(fence.orElseThrow(), ChangeBrief.of(target().name(), change("one")))
            .orElseThrow();

    assertRefused(follow(begun), ChangeRefusal.INCOMPLETE);

    assertThat(commits()).isZero();
    assertMade(propose(change("one")), "one", 1);
  }

  @Test
  void whatHasEndedIsToldAndNothingIsMade() {
    propose(Change.of("Greet", "why").put("src/Main.java", "x").key("no"));
    ChangeRecord refused = row("no");
    fence = Optional.empty();

    assertThat(follow(refused)).isInstanceOf(ChangeResult.Refused.class);

    assertThat(requests()).isZero();
  }

  /** Proposes by the instance that leads; for tests of the adapter's own, too. */
  protected final ChangeResult propose(Change change) {
    return target().propose(change, proposer());
  }

  /** Follows by the instance that leads. */
  protected final ChangeResult follow(ChangeRecord row) {
    return target().follow(row, proposer());
  }

  private static Change change(String key) {
    return Change.of("Greet", "why").put("prompts/" + key + ".md", "Good day\n").key(key);
  }

  private Proposer proposer() {
    Optional<Fence> held = fence;
    Optional<String> stopped = frozen;
    InstanceId instance = held.map(Fence::holder).orElseGet(InstanceId::random);
    return new Proposer(
        new Proposer.Author(scene.agent, StoreContract.V1, instance),
        store.changes(),
        () -> held,
        () -> stopped);
  }

  private void assertMade(ChangeResult result, String key, int changes) {
    assertThat(result)
        .as("%s: %s", key, result.summary())
        .isInstanceOfSatisfying(
            ChangeResult.Open.class, open -> assertThat(open.change()).isEqualTo(row(key)));
    assertThat(row(key).progress().commit()).isPresent();
    assertThat(row(key).progress().pullRequest()).isPresent();
    assertThat(commits()).as("commits after %s", key).isEqualTo(changes);
    assertThat(pullRequests()).as("pull requests after %s", key).isEqualTo(changes);
    assertThat(history().stream().filter(row -> row.brief().key().equals(key))).hasSize(1);
  }

  private static void assertRefused(ChangeResult result, ChangeRefusal code) {
    assertThat(result)
        .as(result.summary())
        .isInstanceOfSatisfying(
            ChangeResult.Refused.class, refused -> assertThat(refused.code()).isEqualTo(code));
  }

  private ChangeRecord row(String key) {
    return store.changes().find(scene.agent, target().name(), key).orElseThrow();
  }

  private List<ChangeRecord> history() {
    return store.changes().history(scene.agent, 2 * MOST_REQUESTS);
  }

  private void assertNoSecret(String said) {
    assertThat(secrets()).allSatisfy(secret -> assertThat(said).doesNotContain(secret));
  }
}
