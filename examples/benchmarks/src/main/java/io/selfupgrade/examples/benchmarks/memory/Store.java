package io.selfupgrade.examples.benchmarks.memory;

import io.selfupgrade.examples.benchmarks.memory.DataSet.Sample;
import java.sql.SQLException;
import java.util.List;

/** A place for memories, used by the calls that its users have. */
interface Store extends AutoCloseable {

  /** How many memories are handed over at a time, where there is a choice. */
  int BATCH = 1_000;

  /** How many threads look at once, at the most. */
  int THREADS = 8;

  /** Removes all memories, and the index by meaning where it does not belong to the store. */
  void clear() throws Exception;

  /** Takes memories, many at once. */
  void addAll(List<Sample> samples) throws Exception;

  /** Takes memories one by one, each of them durable before the next. */
  void addEach(List<Sample> samples) throws Exception;

  /** Has what is there found by an index. */
  void index() throws Exception;

  /** Does what it does in the background, where it does something. */
  default void upkeep() throws Exception {}

  /** Makes what one thread looks with. */
  Search search(Kind kind) throws Exception;

  /** Returns the table that has a row for each memory. */
  String table();

  /** Returns all tables that memories are in. */
  default List<String> tables() {
    return List.of(table());
  }

  @Override
  void close();

  /** What is looked at. */
  enum Kind {
    /** All memories. */
    ALL,
    /** Those of a rare kind, and by the best filter that the store has for it. */
    RARE,
    /** The same ones, by their metadata. */
    RARE_BY_METADATA
  }

  /** Looks for memories. */
  interface Search extends AutoCloseable {
    /** Returns the numbers of the ten nearest, the nearest first. */
    List<Integer> nearest(float[] query) throws Exception;

    @Override
    default void close() throws SQLException {}
  }
}
