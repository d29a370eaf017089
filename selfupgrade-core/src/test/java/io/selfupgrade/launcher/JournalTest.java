package io.selfupgrade.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
  private static final Instant NOW = Instant.parse("2026-05-04T03:02:01Z");

  @TempDir Path directory;
  private Home home;

  @BeforeEach
  void createHome() throws IOException {
    home = Home.at(directory);
    Files.createDirectories(home.run());
  }

  @Test
  void whatIsAppendedIsRead() throws IOException {
    UUID instance = UUID.randomUUID();
    open().note(JournalEvent.STARTED, instance, "1.0.0", "two\nlines\tand a tab, ünïcödé");

    assertThat(Journal.read(home, 0))
        .containsExactly(
            new JournalEntry(
                1,
                NOW,
                "STARTED",
                instance.toString(),
                "1.0.0",
                "",
                "two lines and a tab, ünïcödé"));
    assertThat(Files.readAllLines(home.journal())).hasSize(1);
  }

  @Test
  void readsOnlyWhatComesAfterASequence() throws IOException {
    append("a", "b", "c");

    assertThat(Journal.read(home, 2)).extracting(JournalEntry::detail).containsExactly("c");
    assertThat(Journal.read(home, 3)).isEmpty();
  }

  @Test
  void aTornTailIsLeftOutAndCutByTheNextWriterAtEveryByte() throws IOException {
    append("a", "b");
    byte[] whole = Files.readAllBytes(home.journal());
    int second = new String(whole, StandardCharsets.UTF_8).indexOf('\n') + 1;
    for (int length = second; length < whole.length; length++) {
      Files.write(home.journal(), Arrays.copyOf(whole, length));

      assertThat(Journal.read(home, 0)).extracting(JournalEntry::detail).containsExactly("a");
      append("c");

      assertThat(Journal.read(home, 0)).extracting(JournalEntry::detail).containsExactly("a", "c");
    }
  }

  @Test
  void aDamagedLineIsLeftOutAndItsSequenceIsNotUsedAgainAfterALaterOne() throws IOException {
    append("a", "b", "c");
    String text = Files.readString(home.journal());
    Files.writeString(home.journal(), text.replace("\tb\n", "\tB\n"));

    append("d");

    assertThat(Journal.read(home, 0))
        .extracting(JournalEntry::sequence, JournalEntry::detail)
        .containsExactly(tuple(1L, "a"), tuple(3L, "c"), tuple(4L, "d"));
  }

  @Test
  void zeroesOfALostPageAreCut() throws IOException {
    append("a");
    Files.write(home.journal(), new byte[300], StandardOpenOption.APPEND);

    append("b");

    assertThat(Journal.read(home, 0)).extracting(JournalEntry::detail).containsExactly("a", "b");
  }

  @Test
  void aLongJournalIsContinuedInANewFile() throws IOException {
    String detail = "x".repeat(100_000);
    Journal journal = open();
    for (int i = 0; i < 50; i++) {
      journal.note(JournalEvent.TROUBLE, "", detail);
    }
    append("last");

    assertThat(directory.resolve("run/launcher.log.1")).exists();
    assertThat(Journal.read(home, 0)).extracting(JournalEntry::sequence).endsWith(50L, 51L);
    assertThat(Journal.read(home, 0)).hasSize(51);
  }

  private void append(String... details) throws IOException {
    Journal journal = open();
    for (String detail : details) {
      journal.note(JournalEvent.TROUBLE, "", detail);
    }
  }

  private Journal open() throws IOException {
    return Journal.open(home, Clock.fixed(NOW, ZoneOffset.UTC), System.err);
  }
}
