package io.selfupgrade.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Makes a change of the public surface visible in a diff: what is public is for ever. */
final class PublicApiTest {

  private static final String WRITE = "public-api.write";
  private static final String COMMAND =
      "./mvnw -pl docs -am test -Dtest=PublicApiTest -Dsurefire.failIfNoSpecifiedTests=false -D"
          + WRITE;

  @ParameterizedTest
  @EnumSource
  void publicMembersAreTheOnesWrittenDown(Module module) throws IOException {
    Path file = module.directory().resolve("src/test/resources/public-api.txt");
    List<String> actual = PublicApi.lines(module.classNames());
    if (System.getProperty(WRITE) != null) {
      Files.createDirectories(file.getParent());
      Files.write(file, actual);
    }
    List<String> written = Files.exists(file) ? Files.readAllLines(file) : List.of();
    assertThat(differences(written, actual))
        .as(
            "the public surface of %s is not the one in %s; if that is meant, write it down: %s",
            module, file, COMMAND)
        .isEmpty();
    assertThat(actual).isEqualTo(written);
  }

  /**
   * Returns the lines that went with a minus and those that came with a plus, members with their
   * type.
   */
  private static List<String> differences(List<String> before, List<String> after) {
    List<String> gone = withTypes(before);
    List<String> come = withTypes(after);
    Stream<String> minus =
        gone.stream().filter(line -> !come.contains(line)).map(line -> "- " + line);
    Stream<String> plus =
        come.stream().filter(line -> !gone.contains(line)).map(line -> "+ " + line);
    return Stream.concat(minus, plus).toList();
  }

  private static List<String> withTypes(List<String> lines) {
    var named = new ArrayList<String>();
    String type = "";
    for (String line : lines) {
      boolean member = line.startsWith(" ");
      type = member ? type : line;
      named.add(member ? type + ": " + line.strip() : line);
    }
    return named;
  }
}
