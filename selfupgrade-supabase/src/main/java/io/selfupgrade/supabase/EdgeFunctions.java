package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Json;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.agent.Version;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Calls the Edge Functions of a Supabase project, which control an agent from beside it.
 *
 * <p>What is asked for becomes a row, which the agent's primary takes by its usual checks, now or
 * when it is back. Of the calls with a key, one that is repeated with the same key within 7 days
 * has no second effect: after a failure repeat it so.
 *
 * <p>Immutable and thread-safe; each call blocks for a limited time, 20 s by default. Each throws
 * {@link io.selfupgrade.agent.AdapterException} if the function cannot be reached or refuses; the
 * message says what to do. A thread of the JDK's HTTP client lives until this is collected.
 */
public final class EdgeFunctions {

  private static final Duration DEFAULT_TIME = Duration.ofSeconds(20);
  private static final Duration LONGEST_TIME = Duration.ofMinutes(2);
  private static final Pattern KEY = Pattern.compile("[!-~]{1,100}");
  private static final String UPGRADE = "self-upgrade";
  private static final String CORE = "agent-core";

  private final AgentName agent;
  private final EdgeCall calls;
  private final Duration time;

  private EdgeFunctions(AgentName agent, EdgeCall calls, Duration time) {
    this.agent = agent;
    this.calls = calls;
    this.time = time;
  }

  /**
   * Describes the functions of a project; calls none.
   *
   * @param project such as {@code https://abcdefghijklmnopqrst.supabase.co}; {@code http} is for
   *     this machine only
   * @param agent whom the calls are about
   * @param secretKey a secret key ({@code sb_secret_...}), or the legacy service_role key; read at
   *     each call
   * @throws IllegalArgumentException if the URL has another shape
   */
  public static EdgeFunctions of(URI project, AgentName agent, Secret secretKey) {
    Objects.requireNonNull(agent, "agent");
    return new EdgeFunctions(
        agent, new EdgeCall(project, Objects.requireNonNull(secretKey, "secretKey")), DEFAULT_TIME);
  }

  /**
   * Returns the same with another limit for each call.
   *
   * @throws IllegalArgumentException if it is not positive, or longer than two minutes
   */
  public EdgeFunctions within(Duration limit) {
    if (limit.isNegative() || limit.isZero() || limit.compareTo(LONGEST_TIME) > 0) {
      throw new IllegalArgumentException(
          "a limit of " + limit + ": expected a positive one of at most " + LONGEST_TIME);
    }
    return new EdgeFunctions(agent, calls, limit);
  }

  /**
   * Asks for a look at the releases now, and an upgrade if there is one to make.
   *
   * @param key names the wish: 1 to 100 printable characters without blanks
   */
  public Filed checkNow(String key) {
    return filed(UPGRADE, with("check", key));
  }

  /**
   * Asks for a deployment of the confirmed version.
   *
   * @param key as for {@link #checkNow}
   */
  public Filed deploy(String key) {
    return filed(UPGRADE, with("deploy", key));
  }

  /**
   * Asks for a deployment of a version.
   *
   * @param key as for {@link #checkNow}
   */
  public Filed deploy(Version version, String key) {
    Map<String, String> body = with("deploy", key);
    body.put("version", version.toString());
    return filed(UPGRADE, body);
  }

  /**
   * Asks for an upgrade, and for a deployment after its good end: both or none.
   *
   * @param key as for {@link #checkNow}
   */
  public Filed upgradeAndDeploy(String key) {
    return filed(UPGRADE, with("upgrade_and_deploy", key));
  }

  /**
   * Asks for a restart of the same version.
   *
   * @param key as for {@link #checkNow}
   */
  public Filed restart(String key) {
    return filed(CORE, with("restart", key));
  }

  /** Tells how the agent stands, as the database knows it. */
  public Status status() {
    EdgeAnswer answer = calls.post(CORE, of("status"), time);
    return new Status(
        answer.require("health.state"),
        answer.require("confirmed"),
        answer.text("upgrade.phase"),
        answer.text("freeze.why"),
        Json.of(answer.body()));
  }

  /**
   * Stops what the agent does forward: downloads, hand-overs, confirmations.
   *
   * @param why for people, 1 to 500 characters in one line
   */
  public void freeze(String why) {
    Map<String, String> body = of("freeze");
    body.put("why", Objects.requireNonNull(why, "why"));
    calls.post(CORE, body, time);
  }

  /** Ends the freeze; without effect if there is none. */
  public void unfreeze() {
    calls.post(CORE, of("unfreeze"), time);
  }

  /**
   * Tells whether the project's agent is up: a fresh heartbeat, and the confirmed version.
   *
   * <p>Sends no key. It is about the agent that the function is set up for, {@code
   * SELFUPGRADE_AGENT}.
   */
  public boolean health() {
    return calls.health(time);
  }

  private Filed filed(String function, Map<String, String> body) {
    EdgeAnswer answer = calls.post(function, body, time);
    return new Filed(
        answer.uuid("request"), answer.uuid("command"), answer.require("status").equals("queued"));
  }

  private Map<String, String> with(String action, String key) {
    if (!KEY.matcher(key).matches()) {
      throw new IllegalArgumentException(
          "key \"" + key + "\": expected 1 to 100 printable characters without blanks");
    }
    Map<String, String> body = of(action);
    body.put("key", key);
    return body;
  }

  private Map<String, String> of(String action) {
    Map<String, String> body = new LinkedHashMap<>();
    body.put("action", action);
    body.put("agent", agent.value());
    return body;
  }

  /** Returns the agent and the project, without the key. */
  @Override
  public String toString() {
    return "EdgeFunctions[" + agent + " at " + calls + "]";
  }

  /**
   * What was filed for the agent's primary.
   *
   * @param request of an upgrade, if one was asked for
   * @param command to restart or deploy, if one was given
   * @param first whether this call filed it; otherwise an earlier one with the same key, or for the
   *     same, has
   */
  public record Filed(Optional<UUID> request, Optional<UUID> command, boolean first) {
    /** Validates that all are there. */
    public Filed {
      Objects.requireNonNull(request, "request");
      Objects.requireNonNull(command, "command");
    }
  }

  /**
   * How an agent stands.
   *
   * @param health {@code UP}, {@code TRIAL}, {@code WRONG_VERSION} or {@code DOWN}, by the
   *     heartbeat of its primary
   * @param confirmed the confirmed version
   * @param phase of the upgrade that is under way, if there is one
   * @param freeze why it is frozen, if it is
   * @param all that the function told
   */
  public record Status(
      String health, String confirmed, Optional<String> phase, Optional<String> freeze, Json all) {
    /** Validates that all are there. */
    public Status {
      Objects.requireNonNull(health, "health");
      Objects.requireNonNull(confirmed, "confirmed");
      Objects.requireNonNull(phase, "phase");
      Objects.requireNonNull(freeze, "freeze");
      Objects.requireNonNull(all, "all");
    }
  }
}
