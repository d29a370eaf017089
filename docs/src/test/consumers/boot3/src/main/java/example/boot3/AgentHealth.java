package example.boot3;

import io.selfupgrade.SelfUpgrade;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.stereotype.Component;

// region health
/** What the agent does at the moment; a standby is as healthy as a primary. */
@Component
class AgentHealth implements HealthIndicator {

  private final SelfUpgrade agent;

  AgentHealth(SelfUpgrade agent) {
    this.agent = agent;
  }

  @Override
  public Health health() {
    return Health.up()
        .withDetail("role", agent.role())
        .withDetail("version", agent.version().toString())
        .build();
  }
}
// endregion
