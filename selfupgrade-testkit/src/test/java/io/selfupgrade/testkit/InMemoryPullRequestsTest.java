package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.change.Change;
import io.selfupgrade.change.ChangePolicy;
import io.selfupgrade.change.ChangeRecord;
import io.selfupgrade.change.ChangeResult;
import io.selfupgrade.change.ChangeTarget;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The repository in memory keeps the contract. */
class InMemoryPullRequestsTest extends ChangeTargetContract {

  private final InMemoryPullRequests place =
      new InMemoryPullRequests(ChangePolicy.allow("prompts/**"));

  @Test
  void personMergesOrClosesOnce() {
    Change one = Change.of("Greet", "why").put("prompts/a.md", "x").key("one");
    Change two = one.key("two");
    ChangeRecord first = ((ChangeResult.Open) propose(one)).change();
    ChangeRecord second = ((ChangeResult.Open) propose(two)).change();
    place.merge(first.progress().pullRequest().orElseThrow());
    place.reject(second.progress().pullRequest().orElseThrow());

    assertThat(follow(first))
        .isInstanceOfSatisfying(
            ChangeResult.Merged.class,
            merged ->
                assertThat(merged.change().progress().merged())
                    .isEqualTo(first.progress().commit()));
    assertThat(follow(second)).isInstanceOf(ChangeResult.Closed.class);
    assertThat(propose(one)).isInstanceOf(ChangeResult.Merged.class);
    assertThatThrownBy(() -> place.reject(1)).hasMessageContaining("not open");
    assertThatThrownBy(() -> place.merge(3)).hasMessageContaining("not open");
  }

  @Override
  protected ChangeTarget target() {
    return place;
  }

  @Override
  protected void cut(int request, boolean afterEffect) {
    place.cut(request, afterEffect);
  }

  @Override
  protected void restore() {
    place.restore();
  }

  @Override
  protected int requests() {
    return place.requests();
  }

  @Override
  protected int commits() {
    return place.commits();
  }

  @Override
  protected int pullRequests() {
    return place.pullRequests();
  }

  @Override
  protected List<String> secrets() {
    return List.of();
  }
}
