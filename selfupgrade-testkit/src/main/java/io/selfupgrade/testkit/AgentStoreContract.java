package io.selfupgrade.testkit;

import io.selfupgrade.store.AgentStore;
import java.time.Duration;
import org.junit.jupiter.api.Nested;

/**
 * The contract of a store: extend it in the store's tests, and every obligation of its ports is
 * checked.
 *
 * <p>Each test uses an agent name of its own, so that all tests may share one state. Tests of one
 * class run one after another; several threads call the store at once inside some of them. A test
 * takes milliseconds of the store's time, except where {@link #passTime} has to wait for real.
 */
public abstract class AgentStoreContract {

  /** For subclasses. */
  protected AgentStoreContract() {}

  /** Returns a new handle on the state, not yet open; the contract opens and closes it. */
  protected abstract AgentStore newStore();

  /**
   * Returns one more handle, not yet open, on the same state as the last {@link #newStore}, as
   * another process would have it; the contract opens and closes it.
   */
  protected abstract AgentStore anotherStore();

  /** Returns a handle, not yet open, on a state in which no schema has been made. */
  protected abstract AgentStore storeWithoutSchema();

  /**
   * Returns the handle for a test that is not about opening one; the contract opens and closes it.
   *
   * <p>By default a {@link #newStore}. Where opening takes longer than most tests do, a subclass
   * may return the same handle each time, one that it keeps open.
   */
  protected AgentStore usedStore() {
    return newStore();
  }

  /** Returns the second one for such a test; by default {@link #anotherStore}. */
  protected AgentStore alsoUsedStore() {
    return anotherStore();
  }

  /**
   * Lets at least that much time pass on the store's clock; by default waits for real.
   *
   * @param time at most a few seconds
   */
  protected void passTime(Duration time) {
    Eventually.pass(time);
  }

  /**
   * Tells whether the store keeps sessions: locks, and wake-ups by others; by default it does. What
   * the contract says of them then holds the other way round.
   */
  protected boolean keepsSessions() {
    return true;
  }

  /** Opening, migrating, closing. */
  @Nested
  class Opening extends OpeningContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** The leadership row. */
  @Nested
  class Leadership extends LeadershipStoreContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** The leadership row while an upgrade is open. */
  @Nested
  class LeadershipDuringUpgrade extends SuccessionContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** Sessions: lock and wake-up. */
  @Nested
  class Sessions extends LeadershipSessionContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** The instances. */
  @Nested
  class Instances extends InstanceStoreContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** The journal of upgrades. */
  @Nested
  class Journal extends UpgradeJournalContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** The decisions of a trial. */
  @Nested
  class Trials extends TrialDecisionsContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** What policies remember. */
  @Nested
  class Policies extends PolicyStoreContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** The journal of deployments. */
  @Nested
  class Deployments extends DeploymentStoreContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** The journal of changes. */
  @Nested
  class Changes extends ChangeStoreContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** What release sources keep. */
  @Nested
  class Sources extends SourceStoreContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** The deliveries of webhooks. */
  @Nested
  class Deliveries extends DeliveryStoreContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** The snapshots. */
  @Nested
  class Snapshots extends SnapshotStoreContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** Restoring snapshots. */
  @Nested
  class Restores extends RestoreContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** Tasks, and claiming their ticks. */
  @Nested
  class Tasks extends TaskStoreContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** Ticks that were claimed. */
  @Nested
  class Ticks extends TickLedgerContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** Batches of ticks, and tasks in the hands of operators. */
  @Nested
  class TaskControl extends TaskControlContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** Work to be done once. */
  @Nested
  class OneShots extends OneShotContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** The memories. */
  @Nested
  class Memories extends MemoryStoreContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** Whose memories are whose. */
  @Nested
  class MemoryScopes extends MemoryScopeContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** Which memories a filter means. */
  @Nested
  class MemoryFilters extends MemoryFilterContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** What is recalled. */
  @Nested
  class Recalls extends MemoryRecallContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** What is found by its meaning. */
  @Nested
  class MemoryVectors extends MemoryVectorContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** Memories in order. */
  @Nested
  class MemoryUpkeeps extends MemoryUpkeepContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** The conversations. */
  @Nested
  class Conversations extends ConversationStoreContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** What models are shown of conversations. */
  @Nested
  class Contexts extends ConversationContextContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** The configuration. */
  @Nested
  class Settings extends SettingsStoreContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** The logs. */
  @Nested
  class Logs extends LogStoreContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** The notifications on their way. */
  @Nested
  class Notifications extends OutboxContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** What is kept, and for how long. */
  @Nested
  class Keeping extends RetentionStoreContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** Commands from beside the agent. */
  @Nested
  class Commands extends CommandStoreContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** Commands from beside the agent. */
  @Nested
  class CommandsAfterUpgrades extends CommandAfterUpgradeContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** The jobs that keep watch. */
  @Nested
  class Jobs extends JobStoreContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** How much room is left. */
  @Nested
  class Room extends BudgetStoreContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }

  /** Every write that takes a fence. */
  @Nested
  class Fences extends FenceContract {
    @Override
    AgentStoreContract stores() {
      return AgentStoreContract.this;
    }
  }
}
