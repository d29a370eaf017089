package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The current row of a result, read by column name into the api's types. */
final class Row {

  private final ResultSet result;

  Row(ResultSet result) {
    this.result = result;
  }

  String text(String column) throws SQLException {
    return present(column, result.getString(column));
  }

  Optional<String> textIfAny(String column) throws SQLException {
    return Optional.ofNullable(result.getString(column));
  }

  long number(String column) throws SQLException {
    return result.getLong(column);
  }

  double fraction(String column) throws SQLException {
    return result.getDouble(column);
  }

  byte[] bytes(String column) throws SQLException {
    return present(column, result.getBytes(column));
  }

  /** Reads an array of texts. */
  List<String> texts(String column) throws SQLException {
    return List.of((String[]) present(column, result.getArray(column)).getArray());
  }

  /** Reads an array of real. */
  float[] floats(String column) throws SQLException {
    Float[] boxed = (Float[]) present(column, result.getArray(column)).getArray();
    float[] values = new float[boxed.length];
    for (int i = 0; i < boxed.length; i++) {
      values[i] = boxed[i];
    }
    return values;
  }

  boolean flag(String column) throws SQLException {
    return result.getBoolean(column);
  }

  UUID uuid(String column) throws SQLException {
    return present(column, result.getObject(column, UUID.class));
  }

  Optional<UUID> uuidIfAny(String column) throws SQLException {
    return Optional.ofNullable(result.getObject(column, UUID.class));
  }

  InstanceId instance(String column) throws SQLException {
    return new InstanceId(uuid(column));
  }

  AgentName agent(String column) throws SQLException {
    return new AgentName(text(column));
  }

  Version version(String column) throws SQLException {
    return Version.parse(text(column));
  }

  Instant instant(String column) throws SQLException {
    return present(column, result.getObject(column, OffsetDateTime.class)).toInstant();
  }

  Optional<Instant> instantIfAny(String column) throws SQLException {
    return Optional.ofNullable(result.getObject(column, OffsetDateTime.class))
        .map(OffsetDateTime::toInstant);
  }

  /** Reads a number of microseconds. */
  Duration duration(String column) throws SQLException {
    return Duration.of(result.getLong(column), ChronoUnit.MICROS);
  }

  <E extends Enum<E>> E constant(Class<E> type, String column) throws SQLException {
    return Enum.valueOf(type, text(column));
  }

  /** Reads the columns agent, holder and epoch. */
  Fence fence() throws SQLException {
    return new Fence(agent("agent"), instance("holder"), number("epoch"));
  }

  /** Reads a reason; empty when the code's column is null. */
  Optional<Reason> reason(String codeColumn, String messageColumn) throws SQLException {
    Optional<String> code = textIfAny(codeColumn);
    if (code.isEmpty()) {
      return Optional.empty();
    }
    String message = textIfAny(messageColumn).orElse("");
    return Optional.of(
        Arrays.stream(ReasonCode.values())
            .filter(known -> known.name().equals(code.get()))
            .findFirst()
            .map(known -> new Reason(known, message))
            // A newer version may have written a code that this one does not know yet.
            .orElseGet(() -> new Reason(ReasonCode.TROUBLE, code.get() + ": " + message)));
  }

  private static <T> T present(String column, @Nullable T value) throws SQLException {
    if (value == null) {
      throw new SQLException("column " + column + " is null: expected a value");
    }
    return value;
  }

  /** Makes a value of the current row. */
  @FunctionalInterface
  interface Mapper<T> {
    /** Reads the row. */
    T map(Row row) throws SQLException;
  }
}
