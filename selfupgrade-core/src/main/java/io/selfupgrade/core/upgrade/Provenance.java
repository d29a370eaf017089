package io.selfupgrade.core.upgrade;

import io.selfupgrade.change.ChangeRecord;
import io.selfupgrade.upgrade.Release;
import java.util.Optional;
import java.util.stream.Collectors;

/** Tells what a release was made of, and which of the agent's own changes that was. */
final class Provenance {

  private static final int NEWEST_CHANGES = 100;

  private Provenance() {}

  /**
   * Returns the commit that the signed manifest names, and the change that was merged as it.
   *
   * <p>Of a commit that came after it, it is git that knows which changes are in it.
   */
  static String of(Situation situation, Release release) {
    String commit = release.id().commit();
    if (commit.isEmpty()) {
      return "";
    }
    return ", made of commit "
        + commit
        + situation.store().changes().history(situation.agent(), NEWEST_CHANGES).stream()
            .filter(change -> change.progress().merged().equals(Optional.of(commit)))
            .map(Provenance::named)
            .collect(Collectors.joining());
  }

  private static String named(ChangeRecord change) {
    return ", which is change "
        + change.id()
        + change
            .progress()
            .pullRequest()
            .map(number -> " (pull request " + number + " of " + change.brief().target() + ")")
            .orElse("");
  }
}
