package io.selfupgrade.core.upgrade;

import io.selfupgrade.observe.HealthProbe;
import io.selfupgrade.upgrade.ReleaseCheck;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The host's own checks.
 *
 * @param probes asked of the running agent, by name, in their order
 * @param criticalPaths what the agent must be able to do, by name, in their order
 * @param releaseChecks looked through before a release is accepted
 */
public record Checks(
    Map<String, HealthProbe> probes,
    Map<String, HealthProbe> criticalPaths,
    List<ReleaseCheck> releaseChecks) {

  /** Copies, keeping the order. */
  public Checks {
    probes = Collections.unmodifiableMap(new LinkedHashMap<>(probes));
    criticalPaths = Collections.unmodifiableMap(new LinkedHashMap<>(criticalPaths));
    releaseChecks = List.copyOf(releaseChecks);
  }
}
