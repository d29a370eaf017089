package io.selfupgrade.github;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.change.ChangeResult;
import io.selfupgrade.testkit.FaultyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A change of which any request or any row is lost, or which several work on, is made once.
 *
 * <p>GitHub goes away at each request in turn, with and without its effect; or the journal does.
 * Then an object that knows nothing goes on.
 */
final class ChangeCrashTest {

  /** As many as a change needs from its beginning to its branch's end. */
  private static final int REQUESTS = 19;

  /** Its beginning, its base, its commit, its pull request, its end. */
  private static final int ROWS = 5;

  private static final int INSTANCES = 3;
  private static final int ROUNDS = 3;

  @RegisterExtension final StandIn github = new StandIn();

  @Test
  void requestsAndRowsAreAsManyAsTheOtherTestsGoThrough() {
    ChangeScene scene = new ChangeScene(github);
    scene.pass();
    long before = scene.store.calls();

    assertThat(scene.propose(ChangeScene.MERGING)).isInstanceOf(ChangeResult.Merged.class);

    assertThat(scene.model.requests).isEqualTo(REQUESTS);
    assertThat(scene.store.calls() - before).isEqualTo(ROWS);
  }

  @Test
  void gitHubGoesAwayAtEachRequestAndTheNextObjectFinishes() {
    for (int request = 1; request <= REQUESTS; request++) {
      for (boolean afterEffect : new boolean[] {false, true}) {
        ChangeScene scene = new ChangeScene(github);
        scene.pass();
        scene.model.die(request, afterEffect);
        ChangeResult cut = scene.propose(ChangeScene.MERGING);
        String when = "request " + request + (afterEffect ? ", after" : ", before") + ": ";
        assertThat(cut)
            .as(when + cut.summary())
            .isInstanceOfAny(ChangeResult.Troubled.class, ChangeResult.Merged.class);

        scene.model.revive();
        ChangeResult result = scene.propose(ChangeScene.MERGING);

        assertThat(result).as(when + result.summary()).isInstanceOf(ChangeResult.Merged.class);
        assertOnce(scene, cut instanceof ChangeResult.Merged);
      }
    }
  }

  @Test
  void journalGoesAwayAtEachRowAndTheNextPrimaryFinishes() {
    for (int row = 1; row <= ROWS; row++) {
      for (FaultyStore.Moment moment : FaultyStore.Moment.values()) {
        ChangeScene scene = new ChangeScene(github);
        scene.pass();
        scene.store.failCall(row, moment);
        assertThatThrownBy(() -> scene.propose(ChangeScene.MERGING))
            .isInstanceOf(AdapterException.class)
            .hasMessageContaining("fault:");

        scene.takeOver();
        ChangeResult result = scene.propose(ChangeScene.MERGING);

        assertThat(result)
            .as("row %s, %s: %s", row, moment, result.summary())
            .isInstanceOf(ChangeResult.Merged.class);
        assertOnce(scene, false);
      }
    }
  }

  @Test
  void severalAtOnceMakeItOnce() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      ChangeScene scene = new ChangeScene(github);
      scene.pass();
      List<ChangeResult> results = atOnce(scene);

      assertThat(results)
          .as("round %s: %s", round, results.stream().map(ChangeResult::summary).toList())
          .allMatch(ChangeResult.Merged.class::isInstance);
      scene.propose(ChangeScene.MERGING);
      assertOnce(scene, false);
    }
  }

  private static List<ChangeResult> atOnce(ChangeScene scene) throws Exception {
    CyclicBarrier start = new CyclicBarrier(INSTANCES);
    ExecutorService threads = Executors.newFixedThreadPool(INSTANCES);
    try {
      List<Future<ChangeResult>> futures = new ArrayList<>();
      for (int i = 0; i < INSTANCES; i++) {
        futures.add(
            threads.submit(
                () -> {
                  start.await(60, TimeUnit.SECONDS);
                  return scene.propose(ChangeScene.MERGING);
                }));
      }
      List<ChangeResult> results = new ArrayList<>();
      for (Future<ChangeResult> future : futures) {
        results.add(future.get(60, TimeUnit.SECONDS));
      }
      return results;
    } finally {
      threads.shutdownNow();
    }
  }

  /**
   * Checks that there was one of each.
   *
   * @param branchMayStay whether GitHub was away when the branch had to be deleted
   */
  private static void assertOnce(ChangeScene scene, boolean branchMayStay) {
    if (branchMayStay) {
      scene.model.git.branches.remove(scene.branch());
    }
    scene.assertMergedOnce();
  }
}
