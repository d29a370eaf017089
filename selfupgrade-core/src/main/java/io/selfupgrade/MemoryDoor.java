package io.selfupgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.core.memory.MemoryEngine;
import io.selfupgrade.core.schedule.DeclaredTask;
import io.selfupgrade.memory.Memories;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The memory of an agent, and how it stands with its leads and trials.
 *
 * <p>When this process begins to lead, and when an upgrade ends, what a rolled-back version
 * remembered is set aside on a thread of its own; if that fails, the task does it.
 */
final class MemoryDoor implements MemoryEngine.Standing {

  private static final Logger LOG = LoggerFactory.getLogger(SelfUpgrade.class);
  private static final Set<UpgradePhase> TRIED =
      Set.of(UpgradePhase.HANDED_OVER, UpgradePhase.ROLLING_BACK);

  private final Blueprint blueprint;
  private final StoreDoor door;
  private final Supplier<Optional<Fence>> fence;
  private final BooleanSupplier started;
  private final MemoryEngine engine;
  private long epoch;
  private boolean due;
  private @Nullable Thread sorting;

  private MemoryDoor(
      Blueprint blueprint,
      MemoryBuilder how,
      StoreDoor door,
      Supplier<Optional<Fence>> fence,
      BooleanSupplier started) {
    this.blueprint = blueprint;
    this.door = door;
    this.fence = fence;
    this.started = started;
    this.engine =
        new MemoryEngine(
            blueprint.self(), () -> door.opened().memories(), this, how.build(), System::nanoTime);
    door.closing(engine::flush);
  }

  /** Makes the door, if the agent remembers. */
  static Optional<MemoryDoor> of(
      Blueprint blueprint,
      StoreDoor door,
      Supplier<Optional<Fence>> fence,
      BooleanSupplier started) {
    return blueprint
        .capabilities()
        .memory()
        .map(how -> new MemoryDoor(blueprint, how, door, fence, started));
  }

  Memories memories() {
    return engine;
  }

  /** Returns the built-in tasks. */
  List<DeclaredTask> tasks() {
    return List.of(
        new DeclaredTask(MemoryBuilder.removal(), run -> engine.removeExpired(run::cancelled)),
        new DeclaredTask(MemoryBuilder.tidying(), run -> engine.tidy(run::cancelled)));
  }

  @Override
  public Optional<Fence> fence() {
    return fence.get();
  }

  @Override
  public boolean mayReplaceVectors() {
    if (blueprint.local()) {
      return false;
    }
    if (fence.get().isEmpty()) {
      return !started.getAsBoolean(); // One that is never started has no other to leave it to.
    }
    return blueprint.upgrades().isEmpty()
        || door.opened()
            .journal()
            .openUpgrade(blueprint.agent())
            .map(UpgradeRecord::phase)
            .filter(TRIED::contains)
            .isEmpty();
  }

  /** Notes that this process may lead anew. Returns at once. */
  void woken() {
    fence.get().filter(this::isNew).ifPresent(lead -> standingChanged());
  }

  private synchronized boolean isNew(Fence lead) {
    boolean changed = lead.epoch() != epoch;
    epoch = lead.epoch();
    return changed;
  }

  /** Notes that this process leads anew, or that an upgrade ended. Returns at once. */
  synchronized void standingChanged() {
    engine.standingChanged();
    if (fence.get().isEmpty()) {
      return;
    }
    due = true;
    if (sorting == null) {
      Thread thread = new Thread(this::sort, "selfupgrade-" + blueprint.agent() + "-memory");
      thread.setDaemon(true);
      sorting = thread;
      thread.start();
    }
  }

  private void sort() {
    while (next()) {
      try {
        engine.setAsideRolledBack();
      } catch (AdapterException | IllegalStateException e) {
        LOG.debug("what a rolled-back version remembered is set aside by the task", e);
      }
    }
  }

  private synchronized boolean next() {
    boolean more = due;
    due = false;
    if (!more) {
      sorting = null;
    }
    return more;
  }
}
