package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Json;
import io.selfupgrade.agent.Version;
import io.selfupgrade.schedule.Claimant;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The arguments of a statement, in the order of its question marks. */
final class Arguments {

  private static final long NANOS_A_MICRO = 1000;

  private final List<@Nullable Object> values = new ArrayList<>();

  /**
   * Collects values; a fence stands for the three question marks of {@link Sql#FENCE}, a claimant
   * for those of {@link Sql#claimant}.
   */
  static Arguments of(@Nullable Object... values) {
    Arguments arguments = new Arguments();
    Arrays.stream(values).forEach(arguments::add);
    return arguments;
  }

  /** Returns the same with more values after them. */
  Arguments and(@Nullable Object... more) {
    Arguments all = new Arguments();
    all.values.addAll(values);
    Arrays.stream(more).forEach(all::add);
    return all;
  }

  /**
   * An array of a type.
   *
   * @param type its elements' type in Postgres
   * @param elements as the driver takes them; null for a missing one
   */
  record Column(String type, List<@Nullable Object> elements) {

    /** Makes a column of what each row gives. */
    static <T> Column of(String type, Collection<T> rows, Function<T, @Nullable Object> value) {
      List<@Nullable Object> elements = new ArrayList<>(rows.size());
      rows.forEach(row -> elements.add(value.apply(row)));
      return new Column(type, elements);
    }

    /** Where the driver knows the type of the elements, it sends them as the server keeps them. */
    private Array array(Connection connection) throws SQLException {
      return connection.createArrayOf(
          type,
          switch (type) {
            case "text" -> elements.toArray(String[]::new);
            case "int4" -> elements.toArray(Integer[]::new);
            case "int8" -> elements.toArray(Long[]::new);
            case "float8" -> elements.toArray(Double[]::new);
            default -> elements.toArray();
          });
    }
  }

  /** Returns an instant as microseconds of the epoch, which arrays take without a time zone. */
  static long micros(Instant instant) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
  }

  private void add(@Nullable Object value) {
    if (value instanceof Claimant by) {
      add(by.agent());
      add(by.instance());
      by.fence().ifPresent(fence -> add(fence.epoch()));
    } else if (value instanceof Fence fence) {
      add(fence.agent());
      add(fence.holder());
      add(fence.epoch());
    } else if (value instanceof Optional<?> optional) {
      add(optional.orElse(null));
    } else {
      values.add(plain(value));
    }
  }

  private static @Nullable Object plain(@Nullable Object value) {
    if (value instanceof InstanceId instance) {
      return instance.value();
    }
    if (value instanceof AgentName || value instanceof Version) {
      return value.toString();
    }
    if (value instanceof Enum<?> constant) {
      return constant.name();
    }
    if (value instanceof Json json) {
      return json.text();
    }
    if (value instanceof Duration duration) {
      return micros(duration);
    }
    if (value instanceof Instant instant) {
      return OffsetDateTime.ofInstant(instant.truncatedTo(ChronoUnit.MICROS), ZoneOffset.UTC);
    }
    return value;
  }

  /** Returns a duration as Postgres can keep it, in microseconds. */
  static long micros(Duration duration) {
    return Math.addExact(
        Math.multiplyExact(duration.getSeconds(), 1_000_000L), duration.getNano() / NANOS_A_MICRO);
  }

  void bindTo(PreparedStatement statement) throws SQLException {
    for (int i = 0; i < values.size(); i++) {
      Object value = values.get(i);
      if (value instanceof Column column) {
        statement.setArray(i + 1, column.array(statement.getConnection()));
      } else if (value instanceof Collection<?> texts) {
        statement.setArray(i + 1, statement.getConnection().createArrayOf("text", texts.toArray()));
      } else {
        statement.setObject(i + 1, value);
      }
    }
  }
}
