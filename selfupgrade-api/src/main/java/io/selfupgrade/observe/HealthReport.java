package io.selfupgrade.observe;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.failover.Role;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How well an instance of an agent is, as it sees itself.
 *
 * @param identity who says so
 * @param at when, on the instance's clock
 * @param took how long it took to find out
 * @param findings what was looked at, in a fixed order
 */
public record HealthReport(Identity identity, Instant at, Duration took, List<Finding> findings) {

  /** Validates and copies. */
  public HealthReport {
    Objects.requireNonNull(identity, "identity");
    Objects.requireNonNull(at, "at");
    Objects.requireNonNull(took, "took");
    findings = List.copyOf(findings);
  }

  /** Returns the worst of all findings. */
  public HealthStatus status() {
    return findings.stream().map(Finding::status).reduce(HealthStatus.UP, HealthStatus::worse);
  }

  /** Returns the finding about a part, such as {@code database}. */
  public Optional<Finding> finding(String part) {
    return findings.stream().filter(finding -> finding.part().equals(part)).findFirst();
  }

  /** Returns what is not as it should be, and what to do, on one line each; the whole if all is. */
  public String summary() {
    StringBuilder text = new StringBuilder(identity + " is " + status());
    for (Finding finding : findings) {
      if (finding.status() != HealthStatus.UP) {
        text.append(System.lineSeparator()).append(finding);
      }
    }
    return text.toString();
  }

  /**
   * Who reports.
   *
   * @param agent the agent
   * @param version the version that really runs
   * @param build SHA-256 of its manifest; empty without a slot
   * @param instance the process
   * @param role what it does
   * @param epoch at which it leads; 0 if it does not
   */
  public record Identity(
      AgentName agent, Version version, String build, InstanceId instance, Role role, long epoch) {
    /** Validates the parts. */
    public Identity {
      Objects.requireNonNull(agent, "agent");
      Objects.requireNonNull(version, "version");
      Objects.requireNonNull(build, "build");
      Objects.requireNonNull(instance, "instance");
      Objects.requireNonNull(role, "role");
    }

    @Override
    public String toString() {
      return agent + " " + version + ", " + role + " at epoch " + epoch + ", " + instance;
    }
  }

  /**
   * What was found about one part.
   *
   * @param part such as {@code database}, or {@code probe "queue"} for one of the host's
   * @param status how well it is; {@code UP} for what is not configured
   * @param configured whether the part is there at all
   * @param seen what was seen
   * @param remedy what to do; empty if there is nothing to do
   */
  public record Finding(
      String part, HealthStatus status, boolean configured, String seen, String remedy) {
    /** Validates the parts. */
    public Finding {
      Objects.requireNonNull(part, "part");
      Objects.requireNonNull(status, "status");
      Objects.requireNonNull(seen, "seen");
      Objects.requireNonNull(remedy, "remedy");
    }

    /** A part that is well. */
    public static Finding up(String part, String seen) {
      return new Finding(part, HealthStatus.UP, true, seen, "");
    }

    /** A part that needs to be looked at, while the agent does its work. */
    public static Finding degraded(String part, String seen, String remedy) {
      return new Finding(part, HealthStatus.DEGRADED, true, seen, remedy);
    }

    /** A part that keeps the agent from its work. */
    public static Finding down(String part, String seen, String remedy) {
      return new Finding(part, HealthStatus.DOWN, true, seen, remedy);
    }

    /** A part that the agent was built without; the remedy names the builder call. */
    public static Finding notConfigured(String part, String remedy) {
      return new Finding(part, HealthStatus.UP, false, "not configured", remedy);
    }

    @Override
    public String toString() {
      String text = part + ": " + (configured ? status + ", " : "") + seen;
      return remedy.isEmpty() ? text : text + "; " + remedy;
    }
  }
}
