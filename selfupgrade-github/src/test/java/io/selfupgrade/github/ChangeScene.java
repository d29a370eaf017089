package io.selfupgrade.github;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.change.Change;
import io.selfupgrade.change.ChangePolicy;
import io.selfupgrade.change.ChangeRecord;
import io.selfupgrade.change.ChangeResult;
import io.selfupgrade.change.ChangeState;
import io.selfupgrade.change.MergeMethod;
import io.selfupgrade.change.Proposer;
import io.selfupgrade.failover.Acquisition;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.TakeOver;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryStore;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** An agent that leads and has a repository, for tests of its changes. */
final class ChangeScene {

  static final AgentName AGENT = new AgentName("bot");
  static final Version VERSION = Version.parse("1.4.0");
  static final ChangePolicy POLICY = ChangePolicy.allow("prompts/**");
  static final ChangePolicy MERGING =
      POLICY.mergeWhenChecksPass(MergeMethod.SQUASH, "build", "answers");
  static final Change CHANGE =
      Change.of("Greet in the evening too", "Ada wrote at 20:00 and got a good morning.")
          .put("prompts/greeting.md", "Good day\n")
          .put("prompts/evening/greeting.md", "Good evening\n")
          .delete("prompts/old.md");

  final RepositoryModel model = new RepositoryModel();
  final FaultyStore store;
  Optional<Fence> fence;
  Optional<String> frozen = Optional.empty();
  private final GitHubRepository repository;

  ChangeScene(StandIn github) {
    github.serve(model);
    store = FaultyStore.around(new InMemoryStore(github.clock()));
    store.open(AgentStore.SchemaMode.APPLY);
    repository = github.repository();
    fence = Optional.of(lead(new TakeOver.Expired()));
  }

  /** Makes another instance the primary. */
  void takeOver() {
    Fence lost = fence.orElseThrow();
    fence = Optional.of(lead(new TakeOver.Attested(lost.holder(), lost.epoch())));
  }

  private Fence lead(TakeOver way) {
    InstanceRecord instance =
        new InstanceRecord(
            InstanceId.random(), AGENT, VERSION, "", Optional.empty(), false, "here");
    store.instances().register(instance);
    Acquisition acquisition = store.leadership().acquire(instance, way, Duration.ofHours(1));
    assertThat(acquisition).isInstanceOf(Acquisition.Acquired.class);
    return ((Acquisition.Acquired) acquisition).fence();
  }

  /** Returns the instance that leads, or led when it was made. */
  Proposer proposer() {
    Optional<Fence> held = fence;
    InstanceId instance = held.map(Fence::holder).orElseGet(InstanceId::random);
    return new Proposer(
        new Proposer.Author(AGENT, VERSION, instance),
        store.changes(),
        () -> held.filter(own -> fence.equals(held)),
        () -> frozen);
  }

  /** Returns a new object each time, as after a start, which never waits in real time. */
  GitHubChanges changes(ChangePolicy policy) {
    return repository
        .changes(policy)
        .into(RepositoryModel.MAIN)
        .pausing(
            time -> {
              throw new AssertionError("nobody has to wait");
            });
  }

  ChangeResult propose(ChangePolicy policy) {
    return propose(policy, CHANGE);
  }

  ChangeResult propose(ChangePolicy policy, Change change) {
    return changes(policy).propose(change, proposer());
  }

  /** Lets all that is required pass. */
  void pass() {
    model.run("build", "completed", "success");
    model.status("answers", "success");
  }

  List<ChangeRecord> history() {
    return store.changes().history(AGENT, 10);
  }

  ChangeRecord row() {
    assertThat(history()).hasSize(1);
    return history().get(0);
  }

  String branch() {
    return "selfupgrade/" + history().get(0).id();
  }

  RepositoryModel.Pull pull() {
    assertThat(model.pulls).hasSize(1);
    return model.pulls.get(0);
  }

  void assertOpen(ChangeResult result, ChangeState state, String note) {
    assertThat(result).as(result.summary()).isInstanceOf(ChangeResult.Open.class);
    assertThat(row().state()).isEqualTo(state);
    assertThat(row().note()).contains(note);
    assertThat(pull().state).isEqualTo("open");
  }

  /** Checks that the change is in the branch, by one commit and one pull request, and tidied up. */
  void assertMergedOnce() {
    assertThat(row().state()).isEqualTo(ChangeState.MERGED);
    assertThat(row().progress().merged()).contains(pull().merged);
    assertThat(model.git.branches).containsOnlyKeys(RepositoryModel.MAIN);
    assertThat(model.git.content(RepositoryModel.MAIN, "prompts/greeting.md"))
        .isEqualTo("Good day\n");
    assertThat(model.git.content(RepositoryModel.MAIN, "prompts/old.md")).isEqualTo("(none)");
    assertThat(model.git.commits).as("the first, the change's, the merge").hasSize(3);
  }
}
