package io.selfupgrade;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.control.Command;
import io.selfupgrade.control.CommandStore.Entry;
import io.selfupgrade.control.CommandStore.State;
import io.selfupgrade.failover.Acquisition;
import io.selfupgrade.failover.Drain;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.Primary;
import io.selfupgrade.failover.PrimaryWork;
import io.selfupgrade.failover.Role;
import io.selfupgrade.failover.TakeOver;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryPlatform;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.upgrade.DeployTarget;
import io.selfupgrade.upgrade.Deployment;
import io.selfupgrade.upgrade.Install;
import io.selfupgrade.upgrade.KeptUntil;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;

/** An agent that is told what to do, its store and its platform. */
abstract class CommandScene {

  static final Duration SOON = Duration.ofSeconds(20);
  static final AgentName NAME = new AgentName("commanded");

  final AheadClock clock = new AheadClock();
  final InMemoryStore rows = new InMemoryStore(clock);
  final FaultyStore store = FaultyStore.around(rows);
  final InMemoryPlatform platform = new InMemoryPlatform(KeptUntil.CONFIRMED, false);
  final AtomicBoolean working = new AtomicBoolean();
  final List<Agent> agents = new ArrayList<>();
  final Counting counting = new Counting();
  final SelfUpgrade agent =
      SelfUpgrade.builder(NAME.value()).version("1.4.0").store(store).deployTo(counting).build();

  @AfterEach
  void close() {
    agent.close();
  }

  /** The time of day, and how far a test has gone on from it. */
  static final class AheadClock extends Clock {
    private volatile Duration ahead = Duration.ZERO;

    void goOn(Duration time) {
      ahead = ahead.plus(time);
    }

    @Override
    public Instant instant() {
      return Clock.systemUTC().instant().plus(ahead);
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      throw new UnsupportedOperationException();
    }
  }

  /** Counts how often the platform is asked. */
  final class Counting implements DeployTarget {
    final AtomicInteger asked = new AtomicInteger();

    @Override
    public String name() {
      return platform.name();
    }

    @Override
    public String deploy(Deployment deployment) {
      asked.incrementAndGet();
      return platform.deploy(deployment);
    }
  }

  SelfUpgrade deployedByItsPlatform() {
    PrimaryWork work =
        new PrimaryWork() {
          @Override
          public void start(Primary primary) {
            working.set(true);
          }

          @Override
          public void stop(Drain drain) {
            working.set(false);
          }
        };
    return SelfUpgrade.builder(NAME.value())
        .version("1.4.0")
        .store(store)
        .whilePrimary(work)
        .upgrades(u -> WrongSettings.usable(u).installBy(Install.deploying(platform)))
        .build();
  }

  void awaitPutBack(UUID command, String why) {
    Eventually.holds(
        "it waits again: " + why, SOON, () -> stirred() && entry(command).note().contains(why));
  }

  InstanceRecord registered() {
    rows.open(AgentStore.SchemaMode.APPLY);
    InstanceRecord record =
        new InstanceRecord(
            InstanceId.random(), NAME, agent.version(), "", Optional.empty(), false, "elsewhere");
    rows.instances().register(record);
    return record;
  }

  Fence acquired(InstanceRecord record) {
    return ((Acquisition.Acquired)
            rows.leadership().acquire(record, new TakeOver.Expired(), Duration.ofMinutes(1)))
        .fence();
  }

  UUID file(Command.Wish wish) {
    return rows.commands().file(NAME, wish).command();
  }

  State state(UUID command) {
    return entry(command).state();
  }

  Entry entry(UUID command) {
    return newest().stream().filter(one -> one.id().equals(command)).findFirst().orElseThrow();
  }

  Entry settled(UUID command) {
    Eventually.holds(
        "the command ends",
        SOON,
        () -> {
          stirred();
          return state(command).isFinal();
        });
    return entry(command);
  }

  /** In memory nobody is woken by a row. */
  boolean stirred() {
    agents.forEach(Agent::woken);
    return true;
  }

  List<Entry> newest() {
    return rows.commands().newest(NAME, 10);
  }

  void lead(SelfUpgrade one) {
    one.start();
    agents.add((Agent) one);
    Eventually.holds("it leads", SOON, () -> one.role() == Role.PRIMARY);
  }
}
