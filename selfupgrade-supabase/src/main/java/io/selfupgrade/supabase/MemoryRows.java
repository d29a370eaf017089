package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Json;
import io.selfupgrade.memory.Embedding;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryScope;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.memory.Tier;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Memories as columns, and back. */
final class MemoryRows {

  /** What {@link #remembered} reads, of a row m. */
  static final String COLUMNS =
      "m.id, m.agent, m.external_id, m.content, m.tier, m.metadata::text as metadata, m.importance,"
          + " m.created_at, m.expires_at";

  /** Restricts memories, as m, to those that are seen. */
  static final String SEEN =
      " (m.expires_at is null or m.expires_at > clock_timestamp())"
          + " and m.set_aside is distinct from m.instance ";

  /** Restricts memories, as m, to those that are set aside. */
  static final String ASIDE =
      " (m.expires_at is null or m.expires_at > clock_timestamp())"
          + " and m.set_aside is not null and m.set_aside = m.instance ";

  /** Begins the owner of shared memories; no agent's name has a colon. */
  private static final String SHARED = "shared:";

  /**
   * What stands for no text: a word joiner, which is invisible and no word. The version before
   * cannot read a memory without text.
   */
  private static final String NO_TEXT = "\u2060";

  /** Restricts memories, as m, to those that have a text. */
  static final String HAS_TEXT = " m.content not in ('', '" + NO_TEXT + "') ";

  private MemoryRows() {}

  /** Returns the text as it is stored. */
  static String content(Memory memory) {
    return memory.content().isEmpty() ? NO_TEXT : memory.content();
  }

  /** Returns whose row a memory becomes. */
  static String owner(MemoryStore.Author author, Memory memory) {
    MemoryScope scope = author.scope();
    if (!memory.shared()) {
      return scope.agent().value();
    }
    return scope
        .shared()
        .map(MemoryRows::shared)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "a shared memory of "
                        + scope.agent()
                        + ", which shares no namespace: name one, or keep the memory"));
  }

  /** Returns whose rows a scope sees, the agent first. */
  static List<String> owners(MemoryScope scope) {
    List<String> owners = new ArrayList<>(List.of(scope.agent().value()));
    scope.shared().ifPresent(namespace -> owners.add(shared(namespace)));
    return owners;
  }

  static String shared(AgentName namespace) {
    return SHARED + namespace.value();
  }

  static Remembered remembered(Row row) throws SQLException {
    String content = row.text("content");
    return new Remembered(
        row.uuid("id"),
        new Memory(
            content.equals(NO_TEXT) ? "" : content,
            Tier.labelled(row.text("tier")),
            Json.of(row.text("metadata")),
            row.fraction("importance"),
            row.textIfAny("external_id"),
            Optional.empty(),
            row.text("agent").startsWith(SHARED)),
        row.instant("created_at"),
        row.instantIfAny("expires_at"));
  }

  static Remembered with(Remembered kept, Optional<Embedding> embedding) {
    return new Remembered(
        kept.id(), kept.memory().embedding(embedding), kept.createdAt(), kept.expiresAt());
  }
}
