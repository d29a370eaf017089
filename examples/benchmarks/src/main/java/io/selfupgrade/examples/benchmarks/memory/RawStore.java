package io.selfupgrade.examples.benchmarks.memory;

import com.pgvector.PGvector;
import io.selfupgrade.examples.benchmarks.Server;
import io.selfupgrade.examples.benchmarks.memory.DataSet.Sample;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.postgresql.PGConnection;
import org.postgresql.copy.PGCopyOutputStream;

/**
 * What Postgres can do: a table of what a memory is and no more, COPY in the binary format,
 * prepared statements with binary vectors, vectors stored beside the row's other columns.
 */
final class RawStore implements Store {

  private static final String TABLE = "raw.memories";
  private static final String COPY =
      "copy raw.memories (id, content, metadata, tier, expires_at, embedding) from stdin binary";
  private static final byte[] COPY_HEADER = {
    'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0, 0, 0, 0, 0, 0, 0, 0, 0
  };
  private static final int COLUMNS = 6;
  private static final int BUFFER_BYTES = 1 << 16;
  private static final byte JSONB_VERSION = 1;
  private static final Instant EPOCH_OF_POSTGRES = Instant.parse("2000-01-01T00:00:00Z");
  private static final int LIFE_DAYS = 30;

  private static final String INSERT =
      """
      insert into raw.memories (id, content, metadata, tier, expires_at, embedding)
      values (?, ?, ?::jsonb, ?, now() + interval '30 days', ?)
      """;

  private static final String NEAREST =
      """
      select id, content, metadata, embedding <=> ? as distance
        from raw.memories order by distance limit 10
      """;

  private static final String NEAREST_RARE =
      """
      with kept as materialized (
        select id, content, metadata, embedding from raw.memories
         where tier = 'working' and expires_at > now())
      select id, content, metadata, embedding <=> ? as distance
        from kept order by distance limit 10
      """;

  private final Server server;

  RawStore(Server server) throws SQLException {
    this.server = server;
    server.execute(
        """
        create schema raw;
        create table raw.memories (
          id uuid primary key, content text not null, metadata jsonb not null, tier text not null,
          expires_at timestamptz, embedding vector(768) not null);
        alter table raw.memories alter column embedding set storage plain
        """);
  }

  @Override
  public void clear() throws SQLException {
    server.execute(
        "drop index if exists raw.by_vector; drop index if exists raw.by_tier;"
            + "truncate raw.memories");
  }

  @Override
  public void addAll(List<Sample> samples) throws SQLException, IOException {
    try (Connection connection = server.connect()) {
      for (int from = 0; from < samples.size(); from += BATCH) {
        copy(connection, samples.subList(from, Math.min(from + BATCH, samples.size())));
      }
    }
  }

  private static void copy(Connection connection, List<Sample> samples)
      throws SQLException, IOException {
    long expires = EPOCH_OF_POSTGRES.until(Instant.now(), ChronoUnit.MICROS);
    expires += ChronoUnit.DAYS.getDuration().multipliedBy(LIFE_DAYS).toNanos() / 1_000;
    try (DataOutputStream out =
        new DataOutputStream(
            new BufferedOutputStream(
                new PGCopyOutputStream(connection.unwrap(PGConnection.class), COPY),
                BUFFER_BYTES))) {
      out.write(COPY_HEADER);
      for (Sample sample : samples) {
        copy(out, sample, expires);
      }
      out.writeShort(-1);
    }
  }

  private static void copy(DataOutputStream out, Sample sample, long expires) throws IOException {
    UUID id = UUID.randomUUID();
    out.writeShort(COLUMNS);
    out.writeInt(2 * Long.BYTES);
    out.writeLong(id.getMostSignificantBits());
    out.writeLong(id.getLeastSignificantBits());
    bytes(out, sample.content());
    byte[] metadata = sample.metadata().getBytes(StandardCharsets.UTF_8);
    out.writeInt(metadata.length + 1);
    out.writeByte(JSONB_VERSION);
    out.write(metadata);
    bytes(out, tier(sample));
    out.writeInt(Long.BYTES);
    out.writeLong(expires);
    float[] vector = sample.vector();
    ByteBuffer numbers = ByteBuffer.allocate(2 * Short.BYTES + Float.BYTES * vector.length);
    numbers.putShort((short) vector.length).putShort((short) 0);
    numbers.asFloatBuffer().put(vector);
    out.writeInt(numbers.capacity());
    out.write(numbers.array());
  }

  private static void bytes(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static String tier(Sample sample) {
    return sample.rare() ? "working" : "long-term";
  }

  @Override
  public void addEach(List<Sample> samples) throws SQLException {
    try (Connection connection = connect();
        PreparedStatement insert = connection.prepareStatement(INSERT)) {
      for (Sample sample : samples) {
        insert.setObject(1, UUID.randomUUID());
        insert.setString(2, sample.content());
        insert.setString(3, sample.metadata());
        insert.setString(4, tier(sample));
        insert.setObject(5, new PGvector(sample.vector()));
        insert.executeUpdate();
      }
    }
  }

  private Connection connect() throws SQLException {
    Connection connection = server.connect();
    PGvector.registerTypes(connection);
    return connection;
  }

  @Override
  public void index() throws SQLException {
    server.execute(
        "create index by_vector on raw.memories using hnsw (embedding vector_cosine_ops);"
            + "create index by_tier on raw.memories (tier, expires_at);"
            + "analyze raw.memories");
  }

  @Override
  public Search search(Kind kind) throws SQLException {
    Connection connection = connect();
    PreparedStatement statement =
        connection.prepareStatement(kind == Kind.ALL ? NEAREST : NEAREST_RARE);
    return new Search() {
      @Override
      public List<Integer> nearest(float[] query) throws SQLException {
        statement.setObject(1, new PGvector(query));
        List<Integer> numbers = new ArrayList<>(Truth.PLACES);
        try (ResultSet rows = statement.executeQuery()) {
          while (rows.next()) {
            rows.getObject(1);
            rows.getString(3);
            rows.getDouble(4);
            numbers.add(DataSet.number(rows.getString(2)));
          }
        }
        return numbers;
      }

      @Override
      public void close() throws SQLException {
        statement.close();
        connection.close();
      }
    };
  }

  @Override
  public String table() {
    return TABLE;
  }

  @Override
  public void close() {}
}
