package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.control.JobStore;
import io.selfupgrade.control.JobStore.Job;
import io.selfupgrade.control.JobStore.Ran;
import io.selfupgrade.control.JobStore.Runner;
import io.selfupgrade.control.JobStore.Watch;
import io.selfupgrade.observe.Retention;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Obligations of {@link JobStore}; the jobs belong to all agents of the state. */
abstract class JobStoreContract extends StoreContract {

  @Test
  void everyJobIsThereAndThePrimariesRunItAtFirst() {
    assertThat(store.jobs().all()).extracting(Job::name).isEqualTo(JobStore.NAMES);
    assertThat(store.jobs().all())
        .allSatisfy(
            job -> {
              assertThat(job.runner()).isEqualTo(Runner.AGENT);
              assertThat(job.every()).isPositive();
              assertThat(job.stopped()).isFalse();
            });
  }

  @Test
  void whatIsDueIsRunOnceInItsTimeHoweverManyCallAtOnce() {
    List<List<Ran>> ran = inThreads(index -> store.jobs().runDue());

    assertThat(ran.stream().flatMap(List::stream).map(Ran::name)).doesNotHaveDuplicates();
    assertThat(store.jobs().runDue()).isEmpty();
    assertThat(store.jobs().all())
        .allSatisfy(
            job -> {
              assertThat(job.quiet()).isLessThan(job.every());
              assertThat(job.note()).isPresent();
              assertThat(job.note().orElseThrow()).doesNotContain("failed");
            });
  }

  @Test
  void whatIsDeclaredReplacesWhatWas() {
    Fence fence = scene.lead();

    assertThat(store.jobs().declare(fence, new Watch(List.of("slack"), Retention.DEFAULT)))
        .isTrue();
    assertThat(store.jobs().declare(fence, new Watch(List.of(), Retention.DEFAULT))).isTrue();
  }
}
