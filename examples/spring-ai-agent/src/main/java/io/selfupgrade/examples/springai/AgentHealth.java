package io.selfupgrade.examples.springai;

import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.observe.HealthReport;
import io.selfupgrade.observe.HealthStatus;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/** How the agent is; degraded it does its work, and a standby is as healthy as a primary. */
@Component
final class AgentHealth implements HealthIndicator {

  private final SelfUpgrade agent;

  AgentHealth(SelfUpgrade agent) {
    this.agent = agent;
  }

  @Override
  public Health health() {
    HealthReport report = agent.healthCheck();
    return (report.status() == HealthStatus.DOWN ? Health.down() : Health.up())
        .withDetail("role", report.identity().role())
        .withDetail("version", report.identity().version().toString())
        .withDetail("findings", report.summary())
        .build();
  }
}
