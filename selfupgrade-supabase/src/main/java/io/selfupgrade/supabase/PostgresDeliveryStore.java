package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.upgrade.DeliveryReceipt;
import io.selfupgrade.upgrade.DeliveryStore;
import java.sql.SQLException;

/** The deliveries of webhooks; one call of a function, so that the sender has its answer soon. */
final class PostgresDeliveryStore implements DeliveryStore {

  private static final String PORT = "DeliveryStore";

  private static final String ACCEPT =
      "select receipt, filed, wait_micros from selfupgrade.accept_delivery(?, ?, ?, ?, "
          + Sql.SPAN
          + ", ?, "
          + Sql.SPAN
          + ")";

  private final Database database;

  PostgresDeliveryStore(Database database) {
    this.database = database;
  }

  @Override
  public DeliveryReceipt accept(AgentName agent, Hint hint, Rule rule) {
    return database
        .call(
            PORT,
            "accepting delivery " + hint.delivery(),
            statements ->
                statements.first(
                    ACCEPT,
                    PostgresDeliveryStore::receipt,
                    Arguments.of(
                        agent,
                        hint.delivery(),
                        hint.bodyDigest(),
                        hint.subject(),
                        rule.repeatAfter(),
                        rule.most(),
                        rule.per())))
        .orElseThrow();
  }

  private static DeliveryReceipt receipt(Row row) throws SQLException {
    String what = row.text("receipt");
    return switch (what) {
      case "QUEUED" -> new DeliveryReceipt.Queued(row.uuid("filed"));
      case "KNOWN" -> new DeliveryReceipt.Known(row.uuid("filed"));
      case "JOINED" -> new DeliveryReceipt.Joined(row.uuid("filed"));
      case "TURNED_AWAY" -> new DeliveryReceipt.TurnedAway(row.duration("wait_micros"));
      default -> throw new SQLException("receipt " + what + ": expected one that is known");
    };
  }
}
