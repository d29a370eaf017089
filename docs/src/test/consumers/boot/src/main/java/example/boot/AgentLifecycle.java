package example.boot;

import io.selfupgrade.SelfUpgrade;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

// region lifecycle
/** Starts the agent when the application is ready, and ends it before anything it uses. */
@Component
class AgentLifecycle implements SmartLifecycle {

  private final SelfUpgrade agent;
  private volatile boolean running;

  AgentLifecycle(SelfUpgrade agent) {
    this.agent = agent;
  }

  @Override
  public void start() {
    agent.start();
    running = true;
  }

  @Override
  public void stop() {
    agent.close();
    running = false;
  }

  @Override
  public boolean isRunning() {
    return running;
  }
}
// endregion
