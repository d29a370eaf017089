package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.FailedVersion;
import io.selfupgrade.upgrade.Reason;
import java.util.List;

/** The builds that are not tried again, until they are forgiven. */
final class FailedVersions {

  private static final String PORT = "UpgradeJournal";

  private static final String LIST_FAILED =
      "with "
          + Sql.FENCE
          + """
            , i as (
              insert into selfupgrade.failed_versions
                     (agent, version, manifest_sha256, reason_code, reason)
              select f.agent, ?, ?, ?, ? from f
              on conflict (agent, version, manifest_sha256) where forgiven_at is null do nothing)
            select 1 from f
            """;

  private final Database database;

  FailedVersions(Database database) {
    this.database = database;
  }

  boolean listFailed(Fence fence, Version version, String manifestSha256, Reason reason) {
    Arguments arguments =
        Arguments.of(fence, version, manifestSha256, reason.code(), reason.message());
    return database.call(
        PORT,
        "listing version " + version + " as failed",
        statements -> statements.any(LIST_FAILED, arguments));
  }

  List<FailedVersion> failedVersions(AgentName agent) {
    return database.call(
        PORT,
        "reading the failed versions of " + agent,
        statements ->
            statements.list(
                "select version, manifest_sha256, reason_code, reason, at"
                    + " from selfupgrade.failed_versions"
                    + " where agent = ? and forgiven_at is null order by id desc",
                UpgradeRows::failedVersion,
                Arguments.of(agent)));
  }

  boolean forgive(AgentName agent, Version version) {
    return database.call(
        PORT,
        "forgiving version " + version,
        statements ->
            statements.update(
                    "update selfupgrade.failed_versions set forgiven_at = clock_timestamp()"
                        + " where agent = ? and version = ? and forgiven_at is null",
                    Arguments.of(agent, version))
                > 0);
  }
}
