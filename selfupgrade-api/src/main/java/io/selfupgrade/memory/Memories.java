package io.selfupgrade.memory;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The door to what the agent remembers, shared by all its instances.
 *
 * <p>Thread-safe. Needs no {@code start()}: the first call opens the store. Memories whose life is
 * over are never returned, nor are those of a version that was rolled back; the primary of a
 * started agent does {@link #tidy} by a task of its own.
 *
 * <p>With an {@link Embedder} memories are found by their meaning too. If it fails, what is
 * remembered is kept without a vector and embedded later, and what is looked for is looked for by
 * its words; both are logged.
 *
 * <p>Every method throws {@link io.selfupgrade.agent.AdapterException} when the store cannot be
 * reached.
 */
public interface Memories {

  /** Remembers a text for 30 days, tier {@link Tier#WORKING}. */
  default Remembered remember(String content) {
    return remember(Memory.of(content));
  }

  /** Remembers a text. */
  default Remembered remember(String content, Tier tier) {
    return remember(Memory.of(content).tier(tier));
  }

  /**
   * Remembers; idempotent if it has an external id. The next recall finds it.
   *
   * @return the memory, without its vector
   * @throws IllegalArgumentException if the metadata is no JSON object or too long, the vector has
   *     another length than the embedder's or those stored, or it is shared and there is no
   *     namespace
   */
  Remembered remember(Memory memory);

  /** Remembers any number of memories. */
  default long rememberAll(Iterable<Memory> memories) {
    return rememberAll(memories.iterator(), Progress.NONE);
  }

  /**
   * Remembers any number of memories, a batch at a time: it takes as much heap for a million as for
   * a thousand. If it fails, the batches before stay; with external ids it can be done again from
   * the beginning.
   *
   * @param progress is told after each batch
   * @return how many there were
   * @throws IllegalArgumentException as {@link #remember}, naming the place of the memory, from 0
   */
  long rememberAll(Iterator<Memory> memories, Progress progress);

  /** Looks a text up in all tiers, in the best way there is; the ten best hits. */
  default List<Recalled> recall(String text) {
    return recall(RecallQuery.of(text));
  }

  /**
   * Looks memories up, the best first.
   *
   * @throws IllegalStateException if it is by vector, and there is neither one nor an embedder
   * @throws IllegalArgumentException if the vector is of another length than those stored
   */
  List<Recalled> recall(RecallQuery query);

  /** Reads a memory. */
  Optional<Remembered> get(UUID id);

  /** Reads the memory with an id of the caller's; the agent's own before a shared one. */
  Optional<Remembered> find(String externalId);

  /**
   * Removes a memory.
   *
   * @return whether it was there
   */
  boolean forget(UUID id);

  /**
   * Removes memories, the agent's own only.
   *
   * @return how many
   */
  long forget(MemoryFilter filter);

  /**
   * Moves a memory to another tier, where its life begins anew.
   *
   * @return whether it was there
   */
  boolean promote(UUID id, Tier tier);

  /**
   * Has a memory end.
   *
   * @param in how long from now; zero: now
   * @return whether it was there
   */
  boolean expire(UUID id, Duration in);

  /** Consolidates what the agent remembers, as {@link Consolidation#DEFAULT} says. */
  default Consolidation.Result consolidate() {
    return consolidate(Consolidation.DEFAULT);
  }

  /**
   * Moves what proved useful to the long-term tier, and makes near-duplicates one. Can be ended at
   * any point, and done again.
   *
   * @throws IllegalArgumentException if the summarizer returns a text that cannot be kept
   */
  Consolidation.Result consolidate(Consolidation how);

  /** Counts what is remembered. */
  MemoryStats stats();

  /**
   * Remembers what is in local files: Markdown ({@code .md}), by headings, and JSON lines ({@code
   * .jsonl}), an object a line with {@code content} and, if need be, {@code tier}, {@code
   * metadata}, {@code importance}, {@code externalId}. Done again it goes on where it was ended,
   * remembers what has changed and removes what is in the files no more.
   *
   * @param source a file or a directory, which is read with those in it
   * @param tier of memories that name none
   * @param progress is told after each batch
   * @throws IllegalArgumentException if there is no such file
   */
  Imported importFiles(Path source, Tier tier, Progress progress);

  /** Remembers what is in local files for ever. */
  default Imported importFiles(Path source) {
    return importFiles(source, Tier.LONG_TERM, Progress.NONE);
  }

  /** Lists whose memories were set aside, the newest first. */
  List<SetAside> setAside();

  /** Reads memories that were set aside, the newest first; at most as many. */
  List<Remembered> setAside(SetAside group, int most);

  /**
   * Takes memories back that were set aside.
   *
   * @return how many
   */
  long restore(SetAside group);

  /**
   * Removes memories that were set aside.
   *
   * @return how many
   */
  long drop(SetAside group);

  /**
   * Does now what a started primary does by a task: removes what has expired, embeds what has no
   * vector of the embedder's model, and puts fresh vectors into the index.
   */
  void tidy();
}
