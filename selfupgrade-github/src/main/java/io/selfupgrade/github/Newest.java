package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Comparator;
import java.util.Optional;

/**
 * The newest release of a channel among those that are looked at; of the others nothing is kept.
 *
 * <p>Newest is what semantic versioning says. Of one version it is the release that was made last
 * to sign the index anew, see {@link PublishedRelease#renewal}.
 */
final class Newest {

  private static final String STABLE = "stable";
  private static final Comparator<PublishedRelease> ORDER =
      Comparator.comparing((PublishedRelease release) -> release.version().orElseThrow())
          .thenComparing(PublishedRelease::renewal);

  private final String channel;
  private Optional<PublishedRelease> found = Optional.empty();

  Newest(String channel) {
    this.channel = channel;
  }

  /** Returns the name of the channel's index. */
  String index() {
    return channel.equals(STABLE) ? "latest.json" : "latest-" + channel + ".json";
  }

  /** Looks at a release as GitHub lists it. */
  void see(JsonNode listed) {
    if (JsonText.flag(listed, "draft")) {
      return;
    }
    PublishedRelease release = PublishedRelease.of(listed);
    boolean counts =
        release.version().isPresent()
            && release.assets().containsKey(index())
            && !(channel.equals(STABLE) && release.prerelease());
    if (counts && (found.isEmpty() || ORDER.compare(release, found.get()) > 0)) {
      found = Optional.of(release);
    }
  }

  Optional<PublishedRelease> found() {
    return found;
  }
}
