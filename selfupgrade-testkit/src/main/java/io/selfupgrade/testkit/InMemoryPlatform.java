package io.selfupgrade.testkit;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.upgrade.DeployState;
import io.selfupgrade.upgrade.DeployTarget;
import io.selfupgrade.upgrade.Deployment;
import io.selfupgrade.upgrade.KeptUntil;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Consumer;

/** A platform in memory, which takes deployments and can be told to refuse, or to be away. */
public final class InMemoryPlatform implements DeployTarget {

  private final List<Deployment> accepted = new ArrayList<>();
  private final Map<UUID, DeployState> states = new HashMap<>();
  private int looks;
  private final KeptUntil keeps;
  private final boolean durable;
  private Consumer<Deployment> start = deployment -> {};
  private Mood mood = Mood.TAKES;

  /** What the platform does from now on. */
  public enum Mood {
    /** It takes every deployment. */
    TAKES,
    /** It takes a deployment, and its answer is lost. */
    TAKES_SILENTLY,
    /** It says that this will never do. */
    REFUSES,
    /** It cannot be reached. */
    AWAY
  }

  /** Makes a platform that takes every deployment, and promises nothing about the old version. */
  public InMemoryPlatform() {
    this(KeptUntil.NEVER, false);
  }

  /** Makes a platform that takes every deployment, and promises this. */
  public InMemoryPlatform(KeptUntil keeps, boolean durable) {
    this.keeps = Objects.requireNonNull(keeps, "keeps");
    this.durable = durable;
  }

  /** Sets how a version is run that was taken: once for each deployment, before the answer. */
  public synchronized void run(Consumer<Deployment> how) {
    start = Objects.requireNonNull(how, "how");
  }

  /** Sets what the platform does from now on. */
  public synchronized void be(Mood other) {
    mood = other;
  }

  /** Sets how a deployment stands; one that was taken runs until then. */
  public synchronized void say(UUID deployment, DeployState state) {
    states.put(deployment, state);
  }

  /** Returns how often it was asked how a deployment stands. */
  public synchronized int looks() {
    return looks;
  }

  /** Returns what it has taken, oldest first. */
  public synchronized List<Deployment> accepted() {
    return List.copyOf(accepted);
  }

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public KeptUntil keepsOldUntil() {
    return keeps;
  }

  @Override
  public boolean durableHome() {
    return durable;
  }

  @Override
  public synchronized String deploy(Deployment deployment) {
    if (mood == Mood.AWAY) {
      throw new AdapterException("DeployTarget", "the platform cannot be reached", true, null);
    }
    if (mood == Mood.REFUSES) {
      throw new AdapterException("DeployTarget", "the platform refuses", false, null);
    }
    if (!accepted.contains(deployment)) {
      accepted.add(deployment);
      start.accept(deployment);
    }
    if (mood == Mood.TAKES_SILENTLY) {
      throw new AdapterException("DeployTarget", "no answer came", true, null);
    }
    return "memory/" + deployment.id();
  }

  @Override
  public synchronized DeployState state(Deployment deployment) {
    looks++;
    if (mood == Mood.AWAY) {
      throw new AdapterException("DeployTarget", "the platform cannot be reached", true, null);
    }
    if (!accepted.contains(deployment)) {
      return new DeployState.Unknown("the platform has not heard of " + deployment.id());
    }
    DeployState running = new DeployState.Running("memory/" + deployment.id(), List.of());
    return states.getOrDefault(deployment.id(), running);
  }
}
