package io.selfupgrade.memory;

import io.selfupgrade.agent.Json;
import java.util.Objects;
import java.util.Optional;

/**
 * Something to remember.
 *
 * @param content the text that is recalled, and found by its words; 1 to 100,000 characters, or
 *     none of them for a memory that is only a vector, which is mostly read without it
 * @param tier how long it lives
 * @param metadata an object of the caller's, at most 64 KiB; {@link Json#EMPTY} by default
 * @param importance from 0 to 1; decides between memories that fit a query equally well
 * @param externalId the caller's own id, unique in the agent (or the shared namespace): what is
 *     remembered with an id that is there replaces it
 * @param embedding its vector, if the caller has it; else the embedder makes it of the content
 * @param shared whether it is for all agents of the shared namespace; not by default
 */
public record Memory(
    String content,
    Tier tier,
    Json metadata,
    double importance,
    Optional<String> externalId,
    Optional<Embedding> embedding,
    boolean shared) {

  private static final int LONGEST = 100_000;
  private static final int LONGEST_ID = 200;
  private static final double MIDDLE = 0.5;

  /**
   * Validates the parts.
   *
   * @throws IllegalArgumentException if one is out of its range
   */
  public Memory {
    Objects.requireNonNull(content, "content");
    Objects.requireNonNull(tier, "tier");
    Objects.requireNonNull(metadata, "metadata");
    Objects.requireNonNull(externalId, "externalId");
    if (!content.isEmpty()) {
      requireText("content", content, LONGEST);
    }
    externalId.ifPresent(id -> requireText("external id", id, LONGEST_ID));
    if (!(importance >= 0 && importance <= 1)) {
      throw new IllegalArgumentException("importance " + importance + ": expected 0 to 1");
    }
  }

  /** Makes a memory of tier {@link Tier#WORKING} and middle importance. */
  public static Memory of(String content) {
    requireText("content", content, LONGEST);
    return new Memory(
        content, Tier.WORKING, Json.EMPTY, MIDDLE, Optional.empty(), Optional.empty(), false);
  }

  /** Makes a memory that is only a vector, of tier {@link Tier#WORKING} and middle importance. */
  public static Memory of(Embedding embedding) {
    return new Memory(
        "", Tier.WORKING, Json.EMPTY, MIDDLE, Optional.empty(), Optional.of(embedding), false);
  }

  /** Returns the same memory in another tier. */
  public Memory tier(Tier other) {
    return new Memory(content, other, metadata, importance, externalId, embedding, shared);
  }

  /** Returns the same memory with other metadata. */
  public Memory metadata(Json other) {
    return new Memory(content, tier, other, importance, externalId, embedding, shared);
  }

  /** Returns the same memory with another importance. */
  public Memory importance(double other) {
    return new Memory(content, tier, metadata, other, externalId, embedding, shared);
  }

  /** Returns the same memory with an id of the caller's. */
  public Memory externalId(String id) {
    return new Memory(content, tier, metadata, importance, Optional.of(id), embedding, shared);
  }

  /** Returns the same memory with another text, and without its vector. */
  public Memory content(String other) {
    requireText("content", other, LONGEST);
    return new Memory(other, tier, metadata, importance, externalId, Optional.empty(), shared);
  }

  /** Returns the same memory with a vector, or without. */
  public Memory embedding(Optional<Embedding> other) {
    return new Memory(content, tier, metadata, importance, externalId, other, shared);
  }

  /** Returns the same memory with a vector. */
  public Memory embedding(Embedding other) {
    return embedding(Optional.of(other));
  }

  /** Returns the same memory for all agents of the shared namespace. */
  public Memory forAll() {
    return new Memory(content, tier, metadata, importance, externalId, embedding, true);
  }

  /** Refuses what has neither text nor vector: such a memory can be read, but not remembered. */
  static void requireSomething(Memory memory) {
    if (memory.content.isEmpty() && memory.embedding.isEmpty()) {
      throw new IllegalArgumentException(
          "a memory without content and vector: expected one of them");
    }
  }

  static void requireText(String what, String text, int longest) {
    if (text.isBlank() || text.length() > longest || text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          what
              + " of "
              + text.length()
              + " characters is not usable: expected 1 to "
              + longest
              + ", not blank, without the character 0");
    }
  }
}
