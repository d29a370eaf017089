package io.selfupgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Json;
import io.selfupgrade.core.json.JsonBinding;
import io.selfupgrade.core.json.JsonText;
import io.selfupgrade.core.schedule.TickEngine;
import io.selfupgrade.schedule.OneShot;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.ScheduleResult;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskStatus;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.schedule.Tasks;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Checks what is asked of tasks, asks the store, and keeps what that was away for. */
final class TasksDoor implements Tasks, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(SelfUpgrade.class);
  private static final int MAX_BYTES = 256 << 10;
  private static final int TOGETHER = 1_000;
  private static final int MOST_TICKS = 1_000;
  private static final int MOST_RUNS = 10_000;
  private static final int MOST_DEFERRED = 1_000;
  private static final Duration BETWEEN_TRIES = Duration.ofSeconds(1);

  private final AgentName agent;
  private final StoreDoor door;
  private final Set<String> declared;
  private final RunIds ids;
  private final Map<String, TaskConfig> deferred = new LinkedHashMap<>();
  private @Nullable Thread trying;
  private boolean closed;

  /**
   * Opens nothing.
   *
   * @param declared names of the tasks that the builder declares
   */
  TasksDoor(AgentName agent, StoreDoor door, Set<String> declared, RunIds ids) {
    this.agent = agent;
    this.door = door;
    this.declared = declared;
    this.ids = ids;
  }

  @Override
  public ScheduleResult schedule(TaskConfig config) {
    Objects.requireNonNull(config, "config");
    String task = config.name();
    requireUndeclared(task, "is declared by the builder, which sets it back at each start");
    TickEngine.problem(config)
        .ifPresent(
            problem -> {
              throw new IllegalArgumentException("task " + task + ": " + problem);
            });
    requirePayload("the payload of task " + task, config.payload());
    try {
      TaskStore.Change change = tasks().schedule(agent, config);
      forget(task);
      return result(task, change);
    } catch (AdapterException e) {
      if (!e.retryable()) {
        throw e;
      }
      return deferred(config, e);
    }
  }

  private static ScheduleResult result(String task, TaskStore.Change change) {
    return switch (change) {
      case CREATED -> new ScheduleResult.Created(task);
      case UPDATED -> new ScheduleResult.Updated(task);
      case UNCHANGED -> new ScheduleResult.Unchanged(task);
    };
  }

  private synchronized ScheduleResult deferred(TaskConfig config, AdapterException why) {
    if (closed || deferred.size() >= MOST_DEFERRED) {
      throw why;
    }
    deferred.put(config.name(), config);
    if (trying == null) {
      trying = new Thread(this::scheduleDeferred, "selfupgrade-" + agent + "-deferred");
      trying.setDaemon(true);
      trying.start();
    }
    return new ScheduleResult.Deferred(config.name(), String.valueOf(why.getMessage()));
  }

  /** Tries until nothing is left; what cannot be scheduled for good is logged and dropped. */
  private void scheduleDeferred() {
    for (Optional<TaskConfig> next = next(); next.isPresent(); next = next()) {
      TaskConfig config = next.get();
      try {
        tasks().schedule(agent, config);
        drop(config);
        LOG.info("task {} is scheduled, now that the store is back", config.name());
      } catch (AdapterException e) {
        if (!e.retryable()) {
          LOG.error("task {} cannot be scheduled and is given up", config.name(), e);
          drop(config);
        } else if (!paused()) {
          return;
        }
      } catch (IllegalStateException e) {
        LOG.warn("the agent is closed: task {} is not scheduled", config.name(), e);
        return;
      }
    }
  }

  private static boolean paused() {
    try {
      TimeUnit.NANOSECONDS.sleep(BETWEEN_TRIES.toNanos());
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private synchronized Optional<TaskConfig> next() {
    Optional<TaskConfig> next = closed ? Optional.empty() : deferred.values().stream().findFirst();
    if (next.isEmpty()) {
      trying = null;
    }
    return next;
  }

  /** A later wish for the same task stays. */
  private synchronized void drop(TaskConfig config) {
    deferred.remove(config.name(), config);
  }

  private synchronized void forget(String task) {
    deferred.remove(task);
  }

  @Override
  public boolean remove(String task) {
    requireUndeclared(task, "is declared by the builder: pause it, or take it out there");
    boolean removed = tasks().remove(agent, task);
    forget(task);
    return removed;
  }

  private void requireUndeclared(String task, String why) {
    if (declared.contains(Objects.requireNonNull(task, "task"))) {
      throw new IllegalArgumentException("task " + task + " " + why);
    }
  }

  @Override
  public List<TaskStatus> list() {
    return tasks().list(agent, Optional.empty());
  }

  @Override
  public Optional<TaskStatus> find(String task) {
    return tasks().list(agent, Optional.of(task)).stream().findFirst();
  }

  @Override
  public boolean pause(String task) {
    return tasks().pause(agent, task, true) || is(task, true);
  }

  @Override
  public boolean resume(String task) {
    return tasks().pause(agent, task, false) || is(task, false);
  }

  private boolean is(String task, boolean paused) {
    return find(task).filter(found -> found.paused() == paused).isPresent();
  }

  @Override
  public boolean runNow(String task) {
    return tasks().runNow(agent, task);
  }

  @Override
  public List<Instant> preview(Schedule schedule, Instant after, int most) {
    Objects.requireNonNull(schedule, "schedule");
    Objects.requireNonNull(after, "after");
    return TickEngine.preview(schedule, after, within("most", most, MOST_TICKS));
  }

  @Override
  public List<RunRecord> history(String task, int most) {
    return tasks().history(agent, task, within("most", most, MOST_RUNS));
  }

  @Override
  public List<RunRecord> quarantined(int most) {
    return tasks().quarantined(agent, within("most", most, MOST_RUNS));
  }

  @Override
  public boolean release(UUID run) {
    TaskStore tasks = tasks();
    if (tasks.release(agent, run)) {
      return true;
    }
    for (RunRecord set : tasks.quarantined(agent, MOST_RUNS)) {
      if (set.claim().run().equals(run)) {
        throw new IllegalStateException(
            "run "
                + run
                + " is a tick of task "
                + set.claim().task()
                + ", which was removed: it stays set aside; submit its work as a one-shot, or"
                + " schedule the task and run it now");
      }
    }
    return false;
  }

  @Override
  public List<UUID> submit(List<OneShot> work) {
    for (OneShot one : work) {
      requirePayload("the payload of a one-shot of " + one.handler(), one.payload());
    }
    TaskStore tasks = tasks();
    List<UUID> submitted = new ArrayList<>(work.size());
    for (int from = 0; from < work.size(); from += TOGETHER) {
      List<OneShot> part = work.subList(from, Math.min(work.size(), from + TOGETHER));
      submitted.addAll(
          tasks.submit(
              agent, part.stream().map(one -> new TaskStore.Submitted(ids.next(), one)).toList()));
    }
    return submitted;
  }

  @Override
  public boolean cancel(UUID work) {
    return tasks().cancel(agent, work);
  }

  @Override
  public Json payload(Object value) {
    return Json.of(JsonBinding.text(Objects.requireNonNull(value, "value")));
  }

  /** Gives up what is deferred. Idempotent. */
  @Override
  public void close() {
    Thread thread;
    synchronized (this) {
      closed = true;
      if (!deferred.isEmpty()) {
        LOG.warn("not scheduled, for the store did not come back: {}", deferred.keySet());
      }
      thread = trying;
    }
    if (thread != null) {
      thread.interrupt();
    }
  }

  private static void requirePayload(String what, Json payload) {
    JsonText.requireJson(what, payload.text(), MAX_BYTES);
  }

  private static int within(String name, int number, int most) {
    if (number < 1 || number > most) {
      throw new IllegalArgumentException(name + " " + number + ": expected 1 to " + most);
    }
    return number;
  }

  private TaskStore tasks() {
    return door.opened().tasks();
  }
}
