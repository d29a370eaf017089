package io.selfupgrade.examples.springai;

import io.selfupgrade.SelfUpgrade;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * Starts the agent when all else is ready, and ends it before anything it uses.
 *
 * <p>Its phase is the last, so that a candidate which says that it is warm has its whole context,
 * and that the port is closed by the drain before Spring takes the web server apart.
 */
@Component
final class SelfUpgradeLifecycle implements SmartLifecycle {

  private final SelfUpgrade agent;
  private final AgentSettings settings;
  private volatile boolean running;

  SelfUpgradeLifecycle(SelfUpgrade agent, AgentSettings settings) {
    this.agent = agent;
    this.settings = settings;
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

  @Override
  public boolean isAutoStartup() {
    return settings.start();
  }

  @Override
  public int getPhase() {
    return DEFAULT_PHASE;
  }
}
