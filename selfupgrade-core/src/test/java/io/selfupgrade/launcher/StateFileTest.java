package io.selfupgrade.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateFileTest {
  @TempDir Path directory;

  @Test
  void whatIsWrittenIsRead() throws IOException {
    Path file = directory.resolve("record");
    StateFile state =
        StateFile.empty()
            .with("b", "two\nlines = # ! : \\ ü \u2028")
            .with("a", 42)
            .with(" c ", " blanks ");

    state.write(file);

    assertThat(StateFile.read(file)).contains(state);
    assertThat(Files.readAllLines(file)).hasSize(3).noneMatch(line -> line.startsWith("#"));
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void aMissingFileIsNothing() throws IOException {
    assertThat(StateFile.read(directory.resolve("none"))).isEmpty();
  }

  @Test
  void saysWhichValueOfWhichFileIsWrong() throws IOException {
    Path file = directory.resolve("record");
    StateFile.empty().with("pid", "x").with("id", "y").with("blank", " ").write(file);
    StateFile state = StateFile.read(file).orElseThrow();

    assertThatThrownBy(() -> state.requireNumber("pid"))
        .isInstanceOf(IOException.class)
        .hasMessage(file + ": pid is 'x', not a whole number");
    assertThatThrownBy(() -> state.requireUuid("id")).hasMessage(file + ": id is 'y', not a UUID");
    assertThatThrownBy(() -> state.requireText("blank"))
        .hasMessage(file + " has no value for blank");
    assertThat(state.number("none", 7)).isEqualTo(7);
  }

  @Test
  void aFileThatIsTooLongIsRefused() throws IOException {
    Path file = directory.resolve("record");
    Files.write(file, new byte[StateFile.MAX_BYTES + 1]);

    assertThatThrownBy(() -> StateFile.read(file)).hasMessageContaining("longer than the limit");
  }

  @Test
  void aFailedWriteLeavesTheOldContentAndNoRest() throws IOException {
    Path target = Files.createDirectories(directory.resolve("taken/directory/with"));

    assertThatThrownBy(() -> StateFile.empty().write(target.getParent()))
        .isInstanceOf(IOException.class);

    try (var files = Files.list(directory.resolve("taken"))) {
      assertThat(files).containsExactly(target.getParent());
    }
  }
}
