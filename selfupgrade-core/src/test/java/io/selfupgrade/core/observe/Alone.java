package io.selfupgrade.core.observe;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.observe.AgentMetrics;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** Surroundings of an engine that is tested alone; a test sets what it needs. */
final class Alone implements Surroundings {

  volatile Optional<Fence> fence = Optional.empty();
  volatile Optional<String> workFailure = Optional.empty();
  volatile Optional<String> frozen = Optional.empty();
  volatile boolean opened = true;
  volatile boolean connected = true;
  volatile boolean local;
  volatile List<String> late = List.of();
  final AtomicInteger watched = new AtomicInteger();

  @Override
  public Optional<Duration> uptime() {
    return Optional.of(Duration.ofSeconds(1));
  }

  @Override
  public boolean opened() {
    return opened;
  }

  @Override
  public boolean connected() {
    return connected;
  }

  @Override
  public void connect() {}

  @Override
  public boolean local() {
    return local;
  }

  @Override
  public Optional<Instant> frozenHereSince() {
    return Optional.empty();
  }

  @Override
  public Optional<Fence> fence() {
    return fence;
  }

  @Override
  public Optional<String> frozenHere() {
    return frozen;
  }

  @Override
  public Optional<String> workFailure() {
    return workFailure;
  }

  @Override
  public List<String> late() {
    return late;
  }

  @Override
  public void watchTicks(Fence by) {
    watched.incrementAndGet();
  }

  @Override
  public AgentMetrics.Ticks ticks() {
    return new AgentMetrics.Ticks(0, 0, 0, 0, 0);
  }
}
