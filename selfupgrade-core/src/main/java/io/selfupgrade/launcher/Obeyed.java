package io.selfupgrade.launcher;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The final decisions that were obeyed, oldest first: {@code run/obeyed}.
 *
 * <p>Written before a decision is carried out, so that a launcher that is killed in between goes on
 * with it; kept afterwards, so that a {@code try} that still lies in a run directory is not obeyed
 * again.
 *
 * @param decisions the newest {@value #KEPT}
 */
record Obeyed(List<Decision> decisions) {
  private static final int KEPT = 64;

  /**
   * A final decision.
   *
   * @param upgrade what was decided
   * @param kind confirmed or dropped
   * @param epoch the epoch of the decision
   * @param killAfterMillis how long a dropped candidate has to end
   */
  record Decision(UUID upgrade, RequestKind kind, long epoch, long killAfterMillis) {}

  Obeyed {
    decisions = List.copyOf(decisions);
  }

  static Obeyed read(Home home) throws IOException {
    StateFile state = StateFile.read(home.obeyed()).orElse(StateFile.empty());
    List<Decision> decisions = new ArrayList<>();
    try {
      while (state.text(decisions.size() + ".upgrade").isPresent()) {
        String prefix = decisions.size() + ".";
        decisions.add(
            new Decision(
                state.requireUuid(prefix + "upgrade"),
                RequestKind.valueOf(state.requireText(prefix + "kind")),
                state.requireNumber(prefix + "epoch"),
                state.number(prefix + "killAfterMillis", 0)));
      }
    } catch (IllegalArgumentException e) {
      throw new IOException(home.obeyed() + " cannot be used: " + e.getMessage(), e);
    }
    return new Obeyed(decisions);
  }

  Optional<Decision> of(UUID upgrade) {
    return decisions.stream().filter(decision -> decision.upgrade().equals(upgrade)).findFirst();
  }

  Obeyed and(Request request) {
    List<Decision> more = new ArrayList<>(decisions);
    more.add(
        new Decision(
            request.upgrade(), request.kind(), request.epoch(), request.killAfter().toMillis()));
    return new Obeyed(more.subList(Math.max(0, more.size() - KEPT), more.size()));
  }

  void write(Home home) throws IOException {
    StateFile state = StateFile.empty();
    for (int i = 0; i < decisions.size(); i++) {
      Decision decision = decisions.get(i);
      state =
          state
              .with(i + ".upgrade", decision.upgrade().toString())
              .with(i + ".kind", decision.kind().name())
              .with(i + ".epoch", decision.epoch())
              .with(i + ".killAfterMillis", decision.killAfterMillis());
    }
    state.write(home.disk(), home.obeyed());
  }
}
