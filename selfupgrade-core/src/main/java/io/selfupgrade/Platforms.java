package io.selfupgrade;

import io.selfupgrade.core.upgrade.Host;
import io.selfupgrade.upgrade.DeployTarget;
import io.selfupgrade.upgrade.Install;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The platforms of an agent; one that is named for both is asked by one thread at a time.
 *
 * @param cloud what {@code deployToCloud()} asks
 * @param installing what runs the next version
 * @param how how that is asked
 */
record Platforms(
    Optional<TimedDeployTarget> cloud,
    Optional<TimedDeployTarget> installing,
    Optional<Install.Deploying> how) {

  static Platforms of(Blueprint blueprint) {
    String agent = blueprint.agent().value();
    Optional<Install.Deploying> how = blueprint.upgrades().flatMap(UpgradesBuilder::platform);
    Optional<TimedDeployTarget> installing =
        how.map(asked -> new TimedDeployTarget(asked.target(), agent));
    Optional<DeployTarget> named = blueprint.capabilities().target();
    boolean another = named.isPresent() && !named.equals(how.map(Install.Deploying::target));
    Optional<TimedDeployTarget> cloud =
        another ? named.map(target -> new TimedDeployTarget(target, agent)) : installing;
    return new Platforms(cloud, installing, how);
  }

  /** Returns what the agent's process stands on. */
  Host host(Blueprint blueprint) {
    if (how.isEmpty()) {
      return Host.launched(blueprint.identity().link());
    }
    Install.Deploying asked = how.get();
    return Host.deployed(
        new Install.Deploying(installing.orElseThrow(), asked.allowed(), asked.within()));
  }

  /** Sets for how long a platform may take; for tests. */
  void limit(Duration limit) {
    Stream.of(cloud, installing).flatMap(Optional::stream).forEach(one -> one.limit(limit));
  }

  /** Gives up what is asked at the moment, and asks no more. Idempotent. */
  void close() {
    Stream.of(cloud, installing).flatMap(Optional::stream).forEach(TimedDeployTarget::close);
  }
}
