package io.selfupgrade.core.schedule;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Json;
import io.selfupgrade.failover.Acquisition;
import io.selfupgrade.failover.Lease;
import io.selfupgrade.failover.TakeOver;
import io.selfupgrade.schedule.Claimant;
import io.selfupgrade.schedule.OneShot;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.schedule.TaskStore.Submitted;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.testkit.ManualClock;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.UUID;

/**
 * A few processes of an agent on one database in virtual time, with everything that goes wrong:
 * kills, pauses, lost answers, outages, steps of the database's clock, handlers that are slow, hang
 * or fail. One thread, one seed, one course of events.
 */
final class Simulation {

  static final AgentName AGENT = new AgentName("simulated");
  static final Duration POLL = Duration.ofMinutes(30);
  static final Duration SILENCE = Duration.ofMinutes(40);
  static final Instant START = Instant.parse("2026-03-01T00:00:00Z");
  private static final int NODES = 3;
  private static final Duration CALM = Duration.ofHours(18);

  private final Random random;
  private final ManualClock clock = ManualClock.at(START);
  private final InMemoryStore store = new InMemoryStore(clock);
  private final SimulatedTasks tasks = new SimulatedTasks();
  private final SimulatedHistory history = new SimulatedHistory();
  private final Handlers handlers = tasks.handlers();
  private final List<SimulatedNode> nodes = new ArrayList<>();
  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private Optional<SimulatedNode> leader = Optional.empty();
  private long nanos = 1;
  private long sequence;
  private boolean calm;

  private record Event(long at, long number, Runnable work) implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      int byTime = Long.compare(at, other.at);
      return byTime != 0 ? byTime : Long.compare(number, other.number);
    }
  }

  Simulation(long seed) {
    this.random = new Random(seed);
  }

  /** Runs the course of events and returns what happened. */
  SimulatedHistory run(Duration time) {
    long end = nanos + time.toNanos();
    for (int index = 0; index < NODES; index++) {
      begin();
    }
    elect();
    every(Duration.ofHours(4), this::trouble);
    every(Duration.ofHours(3), this::submit);
    until(end);
    calm = true;
    nodes.forEach(node -> node.store.comeBack());
    until(end + CALM.toNanos());
    history.close(store, clock.instant());
    return history;
  }

  private void until(long end) {
    while (true) {
      Event event = events.peek();
      SimulatedNode first = null;
      for (SimulatedNode node : nodes) {
        if (node.alive() && (first == null || node.next() < first.next())) {
          first = node;
        }
      }
      long turnAt = first == null ? Long.MAX_VALUE : first.next();
      long next = Math.min(turnAt, event == null ? Long.MAX_VALUE : event.at());
      if (next >= end) {
        pass(end);
        return;
      }
      pass(next);
      if (event != null && event.at() <= turnAt) {
        events.poll();
        event.work().run();
        wakeStirred();
      } else {
        Objects.requireNonNull(first).turn();
      }
    }
  }

  private void wakeStirred() {
    for (SimulatedNode node : nodes) {
      if (node.acts() && node.stirred()) {
        node.turn();
      }
    }
  }

  private void pass(long to) {
    if (to > nanos) {
      clock.advance(Duration.ofNanos(to - nanos));
      nanos = to;
    }
  }

  private void after(Duration time, Runnable work) {
    events.add(new Event(nanos + time.toNanos(), sequence++, work));
  }

  /** Does work again and again, until it is calm. */
  private void every(Duration mean, Runnable work) {
    after(
        some(mean),
        () -> {
          if (!calm) {
            work.run();
            every(mean, work);
          }
        });
  }

  private Duration some(Duration mean) {
    return Duration.ofNanos((long) (-Math.log(1 - random.nextDouble()) * mean.toNanos()) + 1);
  }

  private void begin() {
    SimulatedNode node = new SimulatedNode(this, handlers);
    nodes.add(node);
    node.serve(Claimant.member(AGENT, node.id()));
  }

  /** Gives the lead to one that acts; who had it does not know, or knows later. */
  private void elect() {
    List<SimulatedNode> able = nodes.stream().filter(SimulatedNode::acts).toList();
    if (able.isEmpty()) {
      after(Duration.ofSeconds(10), this::elect);
      return;
    }
    SimulatedNode next = able.get(random.nextInt(able.size()));
    Optional<Lease> lease = store.leadership().read(AGENT);
    if (lease.filter(held -> held.fence().holder().equals(next.id())).isPresent()) {
      return;
    }
    TakeOver way =
        lease.isPresent()
            ? new TakeOver.Attested(lease.get().fence().holder(), lease.get().fence().epoch())
            : new TakeOver.Expired();
    Fence fence =
        ((Acquisition.Acquired)
                store.leadership().acquire(next.record, way, Duration.ofDays(1_000)))
            .fence();
    leader.filter(SimulatedNode::alive).filter(old -> old != next).ifPresent(this::demoteLater);
    leader = Optional.of(next);
    next.serve(Claimant.primary(fence));
  }

  private void demoteLater(SimulatedNode old) {
    after(
        some(Duration.ofSeconds(10)),
        () -> {
          if (old.acts() && leader.filter(now -> now == old).isEmpty()) {
            old.runs.cancelOthers();
            old.serve(Claimant.member(AGENT, old.id()));
          } else if (old.alive() && leader.filter(now -> now == old).isEmpty()) {
            demoteLater(old);
          }
        });
  }

  private void trouble() {
    List<SimulatedNode> able = nodes.stream().filter(SimulatedNode::acts).toList();
    if (able.isEmpty()) {
      return;
    }
    SimulatedNode node = able.get(random.nextInt(able.size()));
    boolean leads = leader.filter(now -> now == node).isPresent();
    switch (random.nextInt(7)) {
      case 0 -> {
        node.kill();
        nodes.remove(node);
        after(some(Duration.ofMinutes(5)), this::begin);
        if (leads) {
          after(Duration.ofSeconds(10), this::elect);
        }
      }
      case 1 -> {
        node.pause(some(Duration.ofMinutes(20)));
        if (leads) {
          after(Duration.ofSeconds(10), this::elect);
        }
      }
      case 2 -> {
        node.store.goAway();
        after(some(Duration.ofMinutes(10)), node.store::comeBack);
      }
      case 3 -> {
        List<String> methods =
            List.of("claim", "claimWaiting", "claimOneShots", "finish", "agenda", "reclaim");
        FaultyStore.Moment[] moments = FaultyStore.Moment.values();
        node.store.failNext(
            methods.get(random.nextInt(methods.size())), moments[random.nextInt(moments.length)]);
      }
      case 4 -> clock.advance(Duration.ofMillis(random.nextInt(6_000) - 3_000L));
      case 5 -> elect();
      default -> {
        node.admission.unsure(true);
        after(some(Duration.ofMinutes(1)), () -> node.admission.unsure(false));
      }
    }
  }

  private void submit() {
    List<Submitted> work = new ArrayList<>();
    for (int left = random.nextInt(8); left >= 0; left--) {
      String handler = random.nextBoolean() ? SimulatedTasks.OWN : SimulatedTasks.SHARED;
      OneShot shot = OneShot.of(handler, Json.EMPTY);
      Instant due = clock.instant().plus(some(Duration.ofHours(2)));
      work.add(
          new Submitted(
              new UUID(random.nextLong(), random.nextLong()),
              random.nextInt(3) == 0 ? shot : shot.at(due)));
    }
    store.tasks().submit(AGENT, work);
    work.forEach(history::submitted);
    if (random.nextInt(10) > 0) { // A notification may get lost: the poll finds it.
      nodes.forEach(node -> node.admission.wake());
    }
  }

  /** Takes a run whose handler has begun, and ends it some time later. */
  void execute(SimulatedNode node, ActiveRun run) {
    Duration took =
        random.nextInt(20) == 0 ? some(Duration.ofMinutes(30)) : some(Duration.ofSeconds(20));
    if (!calm && random.nextInt(200) == 0) {
      took = SimulatedTasks.DEADLINE.plusSeconds(1); // It hangs until it is interrupted.
    }
    int how = random.nextInt(20);
    after(took, () -> end(node, run, how));
  }

  private void end(SimulatedNode node, ActiveRun run, int how) {
    if (!node.alive()) {
      return;
    }
    if (!node.acts()) { // A process that is paused ends nothing.
      events.add(new Event(node.next(), sequence++, () -> end(node, run, how)));
      return;
    }
    Optional<Throwable> thrown = Optional.empty();
    if (how == 0) {
      thrown = Optional.of(new IllegalStateException("failed on purpose"));
    } else if (how < 10) {
      thrown = committed(node, run);
    }
    node.ended(run, thrown);
  }

  /** Commits an effect with the end of the run, as an adapter does. */
  private Optional<Throwable> committed(SimulatedNode node, ActiveRun run) {
    try {
      if (!node.store.tasks().finish(run.claim(), Optional.empty())) {
        return Optional.of(new IllegalStateException("the claim was lost"));
      }
      history.committed(run);
      run.committed();
      return Optional.empty();
    } catch (RuntimeException e) {
      return Optional.of(e);
    }
  }

  /** Returns the store as nodes see it: their claims are noted, and who lives has a heartbeat. */
  AgentStore watched() {
    TaskStore real = store.tasks();
    TaskStore noted =
        proxy(
            TaskStore.class,
            (method, arguments) -> {
              if (method.getName().equals("reclaim")) {
                nodes.stream()
                    .filter(SimulatedNode::acts)
                    .forEach(node -> store.instances().heartbeat(node.id()));
              }
              Object answer = method.invoke(real, arguments);
              history.note(method.getName(), arguments, answer);
              return answer;
            });
    return proxy(
        AgentStore.class,
        (method, arguments) ->
            method.getName().equals("tasks") ? noted : method.invoke(store, arguments));
  }

  private static <T> T proxy(Class<T> port, Call call) {
    return port.cast(
        Proxy.newProxyInstance(
            port.getClassLoader(),
            new Class<?>[] {port},
            (self, method, arguments) -> {
              try {
                return call.answer(method, arguments);
              } catch (InvocationTargetException e) {
                throw Objects.requireNonNull(e.getCause());
              }
            }));
  }

  /** Answers a call of a port. */
  @FunctionalInterface
  private interface Call {
    Object answer(Method method, Object[] arguments) throws Throwable;
  }

  List<TaskConfig> declared() {
    return tasks.declared();
  }

  InMemoryStore store() {
    return store;
  }

  Random random() {
    return random;
  }

  long nanos() {
    return nanos;
  }
}
