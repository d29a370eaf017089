package io.selfupgrade.core.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Json;
import io.selfupgrade.memory.Imported;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MetadataFilter;
import io.selfupgrade.memory.Progress;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Recalled;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.memory.Tier;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Memories out of local files. */
class FileImportTest {

  private static final String GUIDE =
      """
      Before any heading.

      # Guide

      A kitten is fed at four.

      ## Cars
      The automobile is red.

      ```sh
      # no heading

      make car
      ```

      ## Empty

      # End
      It rains.
      """;

  @TempDir Path root;
  @TempDir Path elsewhere;
  private final MemoryScene scene = new MemoryScene();
  private final MemoryEngine memory = scene.engine();

  @Test
  void markdownIsCutByItsHeadings() throws IOException {
    write("docs/guide.md", GUIDE);

    assertThat(memory.importFiles(root)).isEqualTo(new Imported(1, 4, 0, 0, List.of()));

    Remembered fed = memory.recall("cat").get(0).remembered();
    assertThat(fed.memory().content()).isEqualTo("Guide\n\nA kitten is fed at four.");
    assertThat(fed.memory().tier()).isEqualTo(Tier.LONG_TERM);
    assertThat(contents("car"))
        .contains("Guide > Cars\n\nThe automobile is red.\n\n```sh\n# no heading\n\nmake car\n```");
    assertThat(
            memory.recall(
                RecallQuery.of("rains")
                    .where(
                        MetadataFilter.eq("file", "docs/guide.md")
                            .and(MetadataFilter.eq("heading", "End"))
                            .and(MetadataFilter.eq("part", 1)))))
        .hasSize(1);
    assertThat(contents("before")).contains("Before any heading.");
  }

  @Test
  void longSectionsBecomeParts() throws IOException {
    String paragraph = "word ".repeat(150).strip();
    write(
        "long.md",
        "# Long\n"
            + (paragraph + "\n\n").repeat(5)
            + "y".repeat(4_500)
            + "\n\n"
            + "\uD83D\uDE00".repeat(1_500));

    memory.importFiles(root);

    List<Memory> parts =
        memory
            .recall(RecallQuery.of("long").where(MetadataFilter.eq("heading", "Long")).limit(50))
            .stream()
            .map(hit -> hit.remembered().memory())
            .toList();
    assertThat(parts).hasSize(8);
    assertThat(parts).allMatch(part -> part.content().length() <= 2_006);
    assertThat(parts).noneMatch(part -> part.content().contains("\uFFFD"));
    String all = parts.stream().map(Memory::content).collect(Collectors.joining());
    assertThat(all.chars().filter(c -> c == 'y').count()).isEqualTo(4_500);
    assertThat(all.codePoints().filter(c -> c == 0x1F600).count()).isEqualTo(1_500);
    assertThat(all.split("word", -1)).hasSize(5 * 150 + 1);
  }

  @Test
  void jsonLinesSayHowTheyAreRemembered() throws IOException {
    write(
        "notes.jsonl",
        """
        \uFEFF{"content": "a kitten", "tier": "short-term", "importance": 0.9, "metadata": {"n": 1}}

        {"content": "a car", "externalId": "my-car", "unknown": true}
        """);

    assertThat(memory.importFiles(root, Tier.WORKING, Progress.NONE).remembered()).isEqualTo(2);

    Memory kitten = memory.recall("cat").get(0).remembered().memory();
    assertThat(kitten.tier()).isEqualTo(Tier.SHORT_TERM);
    assertThat(kitten.importance()).isEqualTo(0.9);
    assertThat(kitten.metadata()).isEqualTo(Json.of("{\"n\":1}"));
    assertThat(memory.find("my-car").orElseThrow().memory().tier()).isEqualTo(Tier.WORKING);
  }

  @Test
  void aBadLineIsNamedAndTheOthersGoOn() throws IOException {
    write(
        "notes.jsonl",
        String.join(
            "\n",
            "{\"content\": \"one\"}",
            "no json",
            "{\"tier\": \"working\"}",
            "{\"content\": \"x\", \"tier\": \"eternal\"}",
            "{\"content\": \"x\", \"importance\": 2}",
            "{\"content\": \"x\", \"metadata\": [1]}",
            "{\"content\": \"" + "x".repeat(2_000_000) + "\"}",
            "{\"content\": \"nul \\u0000\"}",
            "{\"content\": \"two\"}"));

    Imported imported = memory.importFiles(root);

    assertThat(imported.remembered()).isEqualTo(2);
    assertThat(imported.files()).isEqualTo(1);
    assertThat(imported.skipped())
        .extracting(line -> line.substring(0, "notes.jsonl line 2".length()))
        .containsExactly(
            IntStream.rangeClosed(2, 8)
                .mapToObj(line -> "notes.jsonl line " + line)
                .toArray(String[]::new));
    assertThat(imported.skipped().get(1)).contains("has no content");
    assertThat(imported.skipped().get(2)).contains("eternal");
    assertThat(imported.skipped().get(5)).contains("longer than 2,000,000");
  }

  @Test
  void doneAgainOnlyWhatHasChangedIsEmbedded() throws IOException {
    write("guide.md", GUIDE);
    write("notes.jsonl", "{\"content\":\"a note\",\"metadata\":{\"b\":1.50,\"a\":2}}\n");
    write(
        "own.jsonl", "{\"content\":\"mine\",\"externalId\":\"m\",\"metadata\":{\"b\":1,\"a\":2}}");
    memory.importFiles(root);
    int calls = scene.embedder.calls();

    assertThat(memory.importFiles(root)).isEqualTo(new Imported(3, 0, 6, 0, List.of()));
    assertThat(scene.embedder.calls()).isEqualTo(calls);

    write("guide.md", GUIDE.replace("at four", "at five"));
    write(
        "own.jsonl", "{\"content\":\"mine\",\"externalId\":\"m\",\"metadata\":{\"b\":2,\"a\":2}}");
    assertThat(memory.importFiles(root)).isEqualTo(new Imported(3, 2, 4, 1, List.of()));
    assertThat(scene.embedder.asked()).contains("Guide\n\nA kitten is fed at five.");
    assertThat(contents("kitten fed"))
        .startsWith("Guide\n\nA kitten is fed at five.")
        .noneMatch(all -> all.contains("four"));
    assertThat(memory.find("m").orElseThrow().memory().metadata().text()).contains("2");
  }

  @Test
  void aTextThatOnlyMovesIsNotRememberedAgain() throws IOException {
    write("guide.md", "# One\nfirst\n# Two\nsecond\n");
    memory.importFiles(root);

    write("guide.md", "# Zero\nnew\n# Two\nsecond\n# One\nfirst\n");

    assertThat(memory.importFiles(root)).isEqualTo(new Imported(1, 1, 2, 0, List.of()));
  }

  @Test
  void whatIsInTheFilesNoMoreIsRemovedAndNothingElse() throws IOException {
    write("a.md", "# A\nin a\n");
    write("sub/b.md", "# B\nin b\n");
    write("own.jsonl", "{\"content\":\"mine\",\"externalId\":\"mine\"}");
    Files.writeString(elsewhere.resolve("c.md"), "# C\nin c\n");
    memory.importFiles(elsewhere);
    Remembered beside = memory.remember(Memory.of("beside").externalId("file:x"));
    memory.importFiles(root);

    Files.delete(root.resolve("sub/b.md"));
    Files.delete(root.resolve("own.jsonl"));
    assertThat(memory.importFiles(root)).isEqualTo(new Imported(1, 0, 1, 1, List.of()));

    assertThat(memory.get(beside.id())).isPresent();
    assertThat(memory.find("mine")).as("an id of the caller's").isPresent();
    assertThat(memory.stats().all()).isEqualTo(4);
  }

  @Test
  void whatCannotBeReadLosesNothing() throws IOException {
    write("a.md", "# A\nin a\n");
    write("b.jsonl", "{\"content\":\"one\"}\n{\"content\":\"two\"}\n");
    memory.importFiles(root);

    Files.write(root.resolve("a.md"), new byte[] {'a', (byte) 0xC3, '('});
    write("b.jsonl", "{\"content\":\"one\"}\n{\"content\":\"tw\n");
    Imported imported = memory.importFiles(root);

    assertThat(imported.removed()).isZero();
    assertThat(imported.skipped())
        .hasSize(2)
        .contains("a.md: is not UTF-8 text")
        .anyMatch(line -> line.startsWith("b.jsonl line 2: "));
    assertThat(memory.stats().all()).isEqualTo(3);
  }

  @Test
  void linksAndLargeFilesAndOthersAreSkipped() throws IOException {
    Path outside = elsewhere.resolve("outside.md");
    Files.writeString(outside, "# Secret\nsecret\n");
    Files.createSymbolicLink(root.resolve("link.md"), outside);
    Files.createSymbolicLink(root.resolve("up"), root.getParent());
    write("program.txt", "not asked for");
    try (Writer large = Files.newBufferedWriter(root.resolve("large.md"))) {
      String line = "x".repeat(1 << 20);
      for (int i = 0; i <= 50; i++) {
        large.write(line);
      }
    }

    Imported imported = memory.importFiles(root);

    assertThat(imported.files()).isZero();
    assertThat(imported.skipped())
        .containsExactlyInAnyOrder(
            "link.md: a symbolic link is not followed",
            "up: a symbolic link is not followed",
            "large.md: has 53477376 bytes: expected at most 52428800");
    assertThat(memory.stats().all()).isZero();
  }

  @Test
  void itGoesOnWhereItWasEnded() throws IOException {
    lines(1_200);
    List<Long> told = new ArrayList<>();
    assertThatThrownBy(
            () ->
                memory.importFiles(
                    root,
                    Tier.WORKING,
                    done -> {
                      told.add(done);
                      if (done == 1_000) {
                        scene.store.goAway();
                      }
                    }))
        .isInstanceOf(AdapterException.class);
    scene.store.comeBack();

    Imported imported = memory.importFiles(root, Tier.WORKING, told::add);

    assertThat(imported).isEqualTo(new Imported(1, 200, 1_000, 0, List.of()));
    assertThat(told).containsExactly(500L, 1_000L, 500L, 1_000L, 1_200L);
  }

  @Test
  void aPromotedMemoryIsNotSetBackAndAWishForALongerLifeIsHeard() throws IOException {
    write("a.md", "# A\nin a\n");
    memory.importFiles(root, Tier.WORKING, Progress.NONE);

    assertThat(memory.importFiles(root, Tier.LONG_TERM, Progress.NONE).remembered()).isEqualTo(1);
    assertThat(memory.importFiles(root, Tier.WORKING, Progress.NONE).unchanged()).isEqualTo(1);
    assertThat(memory.recall("a").get(0).remembered().memory().tier()).isEqualTo(Tier.LONG_TERM);
  }

  @Test
  void aSingleFileCanBeImportedAndAMissingOneIsNamed() throws IOException {
    write("a.MD", "# A\nin a\n");
    assertThat(memory.importFiles(root.resolve("a.MD")).remembered()).isEqualTo(1);
    assertThat(memory.recall("a").get(0).remembered().memory().metadata().text()).contains("a.MD");

    assertThatThrownBy(() -> memory.importFiles(root.resolve("b.md")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("b.md");
    write("b.txt", "text");
    assertThat(memory.importFiles(root.resolve("b.txt")).skipped())
        .containsExactly("b.txt: expected a file that ends in .md or .jsonl");
  }

  @Test
  void anEmptySourceRemovesAllOfItsOwn() throws IOException {
    lines(1_500);
    memory.importFiles(root);
    assertThat(memory.stats().all()).isEqualTo(1_500);

    Files.writeString(root.resolve("many.jsonl"), "");
    assertThat(memory.importFiles(root).removed()).isEqualTo(1_500);
  }

  private void lines(int number) throws IOException {
    write(
        "many.jsonl",
        IntStream.range(0, number)
            .mapToObj(i -> "{\"content\":\"line " + i + "\"}")
            .collect(Collectors.joining("\n")));
  }

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private List<String> contents(String words) {
    return memory.recall(words).stream()
        .map(Recalled::remembered)
        .map(found -> found.memory().content())
        .toList();
  }
}
