package io.selfupgrade.github;

import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.Deployment;
import io.selfupgrade.upgrade.KeptUntil;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * How a workflow is asked for and followed.
 *
 * @param ref the branch or tag whose file is run; {@code {version}} stands for the version
 * @param environment what recorded deployments name
 * @param inputs further inputs; {@code {version}} stands for the version
 * @param limit for how long a run is followed
 * @param promise what the platform behind it promises
 * @param cancels whether a run is cancelled at the limit
 * @param records whether deployments are recorded
 */
record WorkflowTerms(
    String ref,
    String environment,
    Map<String, String> inputs,
    Duration limit,
    Promise promise,
    boolean cancels,
    boolean records) {

  /** Carries the id of the deployment; the workflow's run-name has to carry it too. */
  static final String ID = "upgrade";

  /** Carries the version. */
  static final String VERSION = "version";

  private static final Pattern REF = Pattern.compile("[^\\p{Cntrl}\\s~^:?*\\\\]{1,200}");
  private static final Pattern INPUT = Pattern.compile("[A-Za-z_][A-Za-z0-9_-]{0,99}");
  private static final Duration LONGEST = Duration.ofDays(7);
  private static final String PLACE = "{version}";
  private static final int MOST_INPUTS = 23;
  private static final int MOST_CHARACTERS = 60_000;

  static final WorkflowTerms DEFAULT =
      new WorkflowTerms(
          "main",
          "production",
          Map.of(),
          Duration.ofMinutes(30),
          new Promise(KeptUntil.NEVER, false),
          false,
          false);

  WorkflowTerms {
    Objects.requireNonNull(promise, "promise");
    inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
    require(REF.matcher(ref).matches(), "ref", ref, "a branch or tag, such as main");
    require(
        !environment.isBlank() && environment.length() <= 255,
        "environment",
        environment,
        "1 to 255 characters");
    require(
        !limit.isZero() && !limit.isNegative() && limit.compareTo(LONGEST) <= 0,
        "limit",
        limit.toString(),
        "more than zero and at most " + LONGEST);
    require(
        inputs.size() <= MOST_INPUTS,
        "inputs",
        String.valueOf(inputs.size()),
        "at most " + MOST_INPUTS);
    int characters = 0;
    for (var input : inputs.entrySet()) {
      String name = input.getKey();
      require(
          INPUT.matcher(name).matches() && !name.equals(ID) && !name.equals(VERSION),
          "input",
          name,
          "letters, digits, - and _, and neither " + ID + " nor " + VERSION + ", which are set");
      characters += name.length() + input.getValue().length();
    }
    require(
        characters <= MOST_CHARACTERS,
        "inputs",
        characters + " characters",
        "at most " + MOST_CHARACTERS);
  }

  WorkflowTerms ref(String changed) {
    return new WorkflowTerms(changed, environment, inputs, limit, promise, cancels, records);
  }

  WorkflowTerms environment(String changed) {
    return new WorkflowTerms(ref, changed, inputs, limit, promise, cancels, records);
  }

  WorkflowTerms input(String name, String value) {
    Map<String, String> changed = new LinkedHashMap<>(inputs);
    changed.put(name, value);
    return new WorkflowTerms(ref, environment, changed, limit, promise, cancels, records);
  }

  WorkflowTerms limit(Duration changed) {
    return new WorkflowTerms(ref, environment, inputs, changed, promise, cancels, records);
  }

  WorkflowTerms promise(Promise changed) {
    return new WorkflowTerms(ref, environment, inputs, limit, changed, cancels, records);
  }

  WorkflowTerms cancelling() {
    return new WorkflowTerms(ref, environment, inputs, limit, promise, true, records);
  }

  WorkflowTerms recording() {
    return new WorkflowTerms(ref, environment, inputs, limit, promise, cancels, true);
  }

  String refOf(Version version) {
    return ref.replace(PLACE, version.toString());
  }

  /** Returns everything that the workflow is told. */
  Map<String, String> inputsOf(Deployment deployment) {
    Map<String, String> all = new LinkedHashMap<>();
    String version = deployment.version().toString();
    inputs.forEach((name, value) -> all.put(name, value.replace(PLACE, version)));
    all.put(VERSION, version);
    all.put(ID, deployment.id().toString());
    return all;
  }

  private static void require(boolean holds, String what, String value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(
          what + " \"" + Refusals.shortened(value) + "\" is not usable: expected " + expected);
    }
  }

  /**
   * What the platform promises.
   *
   * @param keeps for how long the running version is kept
   * @param durable whether files of a process are there for its successor
   */
  record Promise(KeptUntil keeps, boolean durable) {
    Promise {
      Objects.requireNonNull(keeps, "keeps");
    }
  }
}
