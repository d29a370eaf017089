package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.StepRecord.Event;
import io.selfupgrade.upgrade.UpgradeJournal;
import io.selfupgrade.upgrade.UpgradeListener;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.UpgradeStep;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Records the events of steps: in the journal, to the listeners, and in the log. */
final class StepLog {

  private static final Logger LOG = LoggerFactory.getLogger(UpgradeEngine.class);

  private final UpgradeJournal journal;
  private final InstanceId self;
  private final List<UpgradeListener> listeners;

  StepLog(UpgradeJournal journal, InstanceId self, List<UpgradeListener> listeners) {
    this.journal = journal;
    this.self = self;
    this.listeners = listeners;
  }

  void record(Fence fence, UUID upgrade, UpgradeStep step, Event event, String detail) {
    StepRecord record = record(step, event, detail, fence.epoch());
    journal.record(fence, upgrade, record);
    tell(upgrade, record);
  }

  /** Tells log and listeners only: for what is too frequent, or not ours to write. */
  void tell(UUID upgrade, UpgradeStep step, Event event, String detail) {
    tell(upgrade, record(step, event, detail, 0));
  }

  void copyFromLauncher(Fence fence, UUID upgrade, Origin origin, UpgradeStep step, String detail) {
    journal.copyLauncherEntry(
        fence,
        upgrade,
        origin.launcher(),
        origin.sequence(),
        record(step, Event.LAUNCHER, detail, fence.epoch()));
  }

  private StepRecord record(UpgradeStep step, Event event, String detail, long epoch) {
    return new StepRecord(step, event, detail, self, epoch, Optional.empty());
  }

  private void tell(UUID upgrade, StepRecord record) {
    if (record.event() == Event.FAILED) {
      LOG.warn("upgrade {}: {} failed: {}", upgrade, record.step(), record.detail());
    } else {
      LOG.info("upgrade {}: {} {}: {}", upgrade, record.step(), record.event(), record.detail());
    }
    for (UpgradeListener listener : listeners) {
      try {
        listener.on(upgrade, record);
      } catch (RuntimeException e) {
        // The host's code: what a listener throws never decides an upgrade.
        LOG.error("an upgrade listener failed on {}", record, e);
      }
    }
  }

  /** Tells the listeners how an upgrade ended. */
  void ended(UUID upgrade, UpgradeOutcome outcome) {
    for (UpgradeListener listener : listeners) {
      try {
        listener.ended(upgrade, outcome);
      } catch (RuntimeException e) {
        // As above.
        LOG.error("an upgrade listener failed on the end {}", outcome, e);
      }
    }
  }

  /** Where an entry of the launcher's journal stands. */
  record Origin(String launcher, long sequence) {}
}
