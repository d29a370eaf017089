package io.selfupgrade.core.memory;

import io.selfupgrade.agent.Json;
import io.selfupgrade.core.json.JsonBinding;
import io.selfupgrade.core.json.JsonFormatException;
import io.selfupgrade.core.json.JsonText;
import io.selfupgrade.memory.Imported;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryFilter;
import io.selfupgrade.memory.MemoryScope;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.memory.Progress;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.memory.Tier;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One import of files: what is in them and not in the store is remembered, what is in the store of
 * an earlier import and not in them is removed, after all was read.
 *
 * <p>It can be ended at any point: what was remembered is found again by its id.
 */
final class FileImport {

  private static final int AT_ONCE = 500;
  private static final int MOST_CHARACTERS = 2_000_000;
  private static final int LISTED_AT_ONCE = 1_000;
  private static final int LONGEST_LINE = 2_000_000;

  private final MemoryScope scope;
  private final MemoryStore store;
  private final Remembering remembering;
  private final Tier tier;
  private final Progress progress;
  private final ImportResult result = new ImportResult();
  private final ImportSource source;
  private final String prefix;
  private final Fingerprints seen = new Fingerprints();
  private final Map<String, Memory> batch = new LinkedHashMap<>();
  private int characters;

  FileImport(
      MemoryScope scope,
      Supplier<MemoryStore> store,
      Remembering remembering,
      Path path,
      Tier tier,
      Progress progress) {
    this.scope = scope;
    this.remembering = remembering;
    this.tier = tier;
    this.progress = progress;
    try {
      this.source = new ImportSource(path, result);
    } catch (IOException e) {
      throw new IllegalArgumentException(path + " cannot be read: " + e, e);
    }
    this.prefix = ImportIds.prefix(source.root());
    this.store = store.get();
  }

  Imported run() {
    for (Path file : source.files()) {
      String name = source.name(file);
      try {
        TextLines.check(file);
        read(file, name);
        result.fileRead();
      } catch (IOException e) {
        result.skip(name, ImportResult.why(e));
      }
    }
    store();
    removeOthers();
    return result.imported();
  }

  private void read(Path file, String name) throws IOException {
    try (TextLines lines = TextLines.of(file, LONGEST_LINE)) {
      if (ImportSource.isMarkdown(file)) {
        markdown(lines, name);
      } else {
        jsonLines(lines, name);
      }
    }
  }

  private void markdown(TextLines lines, String name) throws IOException {
    MarkdownChunks chunks = new MarkdownChunks(chunk -> add(name, chunk));
    while (lines.hasNext()) {
      chunks.line(lines.next());
      if (lines.cut()) {
        result.skip(name, name + " line " + lines.number(), "goes on after 2,000,000 characters");
      }
    }
    chunks.end();
  }

  private void add(String name, MarkdownChunks.Chunk chunk) {
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("file", name);
    metadata.put("heading", chunk.heading());
    metadata.put("part", chunk.part());
    String json = new String(JsonText.compact(metadata), StandardCharsets.UTF_8);
    try {
      add(name, Memory.of(chunk.content()).tier(tier).metadata(Json.of(json)));
    } catch (IllegalArgumentException e) {
      result.skip(
          name, name + " under \"" + chunk.heading() + "\"", String.valueOf(e.getMessage()));
    }
  }

  private void jsonLines(TextLines lines, String name) throws IOException {
    while (lines.hasNext()) {
      String line = lines.next();
      if (line.isBlank()) {
        continue;
      }
      String place = name + " line " + lines.number();
      try {
        if (lines.cut()) {
          throw new IllegalArgumentException("is longer than 2,000,000 characters");
        }
        Memory memory = JsonLine.memory(line, tier);
        remembering.require(memory);
        add(name, memory);
      } catch (JsonFormatException | IllegalArgumentException e) {
        result.skip(name, place, String.valueOf(e.getMessage()));
      }
    }
  }

  /** Adds a memory to the batch, by the id that its file gives it, or by one of ours. */
  private void add(String name, Memory memory) {
    Memory named = memory;
    if (memory.externalId().isEmpty()) {
      String all = memory.content() + "\0" + memory.metadata().text() + "\0" + memory.importance();
      named = memory.externalId(ImportIds.id(prefix, name, all));
    }
    String id = named.externalId().orElseThrow();
    seen.add(ImportIds.fingerprint(id));
    batch.put(id, named);
    characters += named.content().length() + named.metadata().text().length();
    if (batch.size() >= AT_ONCE || characters >= MOST_CHARACTERS) {
      store();
    }
  }

  private void store() {
    if (batch.isEmpty()) {
      return;
    }
    Map<String, Memory> known = new HashMap<>();
    for (Remembered found : store.find(scope, batch.keySet())) {
      if (!found.memory().shared()) {
        known.put(found.memory().externalId().orElseThrow(), found.memory());
      }
    }
    List<Memory> changed =
        batch.values().stream()
            .filter(memory -> !same(memory, known.get(memory.externalId().orElseThrow())))
            .toList();
    remembering.rememberAll(changed.iterator(), Progress.NONE);
    result.remembered(changed.size());
    result.unchanged(batch.size() - changed.size());
    batch.clear();
    characters = 0;
    progress.at(result.done());
  }

  private boolean same(Memory memory, @Nullable Memory known) {
    if (known == null
        || !known.content().equals(memory.content())
        || known.importance() != memory.importance()
        || known.tier().compareTo(memory.tier()) < 0) { // It may have been promoted since.
      return false;
    }
    return memory.externalId().orElseThrow().startsWith(prefix)
        || object(known.metadata()).equals(object(memory.metadata()));
  }

  private static Map<?, ?> object(Json json) {
    try {
      return JsonBinding.value(json.text(), Map.class);
    } catch (JsonFormatException e) {
      throw new IllegalStateException("metadata that is stored is an object", e);
    }
  }

  /** Removes what an earlier import of this source has left and is not in its files. */
  private void removeOthers() {
    Optional<String> after = Optional.empty();
    List<String> ids;
    do {
      ids = store.externalIds(scope, prefix, after, LISTED_AT_ONCE);
      Set<String> gone =
          ids.stream()
              .filter(id -> !seen.contains(ImportIds.fingerprint(id)))
              .filter(result::mayRemove)
              .collect(Collectors.toSet());
      if (!gone.isEmpty()) {
        result.removed(store.forget(scope, MemoryFilter.ALL.externalIds(gone), gone.size()));
      }
      after = ids.isEmpty() ? Optional.empty() : Optional.of(ids.get(ids.size() - 1));
    } while (ids.size() == LISTED_AT_ONCE);
  }
}
