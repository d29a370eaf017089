package io.selfupgrade.supabase;

import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.upgrade.FailedVersion;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import io.selfupgrade.upgrade.UpgradeStep;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;

/** Rows of the journal, read into the api's records. */
final class UpgradeRows {

  /** The columns of an upgrade; the table's name or alias is {@code u}. */
  static final String COLUMNS =
      "u.id, u.agent, u.trigger, u.from_version, u.to_version, u.manifest_sha256, u.phase,"
          + " u.phase_at, u.reason_code, u.reason, u.retryable, u.trial_at, u.candidate, u.epoch, "
          + Sql.remaining("u.deadline")
          + " as remaining, u.look, u.look_code, u.look_reason, "
          + Sql.age("u.look_at")
          + " as look_age, u.self_check, u.self_code, u.self_reason, "
          + Sql.age("u.self_at")
          + " as self_age";

  private UpgradeRows() {}

  static UpgradeRecord upgrade(Row row) throws SQLException {
    return new UpgradeRecord(
        row.uuid("id"),
        row.agent("agent"),
        row.constant(Trigger.class, "trigger"),
        row.version("from_version"),
        target(row),
        new UpgradeRecord.Decision(
            row.constant(UpgradePhase.class, "phase"),
            row.reason("reason_code", "reason"),
            row.flag("retryable"),
            row.instant("phase_at")),
        trial(row));
  }

  private static Optional<UpgradeRecord.Target> target(Row row) throws SQLException {
    if (row.textIfAny("to_version").isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new UpgradeRecord.Target(row.version("to_version"), row.text("manifest_sha256")));
  }

  private static Optional<UpgradeRecord.Trial> trial(Row row) throws SQLException {
    if (row.instantIfAny("trial_at").isEmpty()) {
      return Optional.empty();
    }
    Duration remaining = row.duration("remaining");
    return Optional.of(
        new UpgradeRecord.Trial(
            row.uuidIfAny("candidate").map(InstanceId::new),
            row.number("epoch"),
            remaining,
            look(row, "look", "look_code", "look_reason", "look_age"),
            look(row, "self_check", "self_code", "self_reason", "self_age")));
  }

  private static Optional<UpgradeRecord.Look> look(
      Row row, String verdict, String code, String reason, String age) throws SQLException {
    if (row.textIfAny(verdict).isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(new UpgradeRecord.Look(row.reason(code, reason), row.duration(age)));
  }

  static StepRecord step(Row row) throws SQLException {
    return new StepRecord(
        row.constant(UpgradeStep.class, "step"),
        row.constant(StepRecord.Event.class, "event"),
        row.text("detail"),
        row.instance("instance"),
        row.number("epoch"),
        Optional.of(row.instant("at")));
  }

  static FailedVersion failedVersion(Row row) throws SQLException {
    Reason reason =
        row.reason("reason_code", "reason")
            .orElseGet(() -> new Reason(ReasonCode.TROUBLE, "no reason was recorded"));
    return new FailedVersion(
        row.version("version"), row.text("manifest_sha256"), reason, row.instant("at"));
  }
}
