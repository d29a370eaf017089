package io.selfupgrade.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Keeps the documentation true: its Java is code that this build compiles, and its links lead
 * somewhere.
 */
final class MarkdownTest {

  private static final String WRITE = "snippets.write";
  private static final String COMMAND =
      "./mvnw -pl docs -am test -Dtest=MarkdownTest -Dsurefire.failIfNoSpecifiedTests=false -D"
          + WRITE;
  private static final Pattern LINK =
      Pattern.compile("\\]\\((?!https?:|mailto:|#)([^)#\\s]+)(?:#[^)]*)?\\)");

  static List<Path> pages() throws IOException {
    try (Stream<Path> root = Files.list(Module.root());
        Stream<Path> docs = Files.walk(Module.root().resolve("docs"));
        Stream<Path> examples = Files.walk(Module.root().resolve("examples"), 2)) {
      return Stream.of(root, docs, examples)
          .flatMap(pages -> pages)
          .filter(file -> file.toString().endsWith(".md") && !file.toString().contains("/target/"))
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void javaIsARegionOfACompiledFile(Path page) throws IOException {
    List<String> written = Files.readAllLines(page);
    List<String> expected = Snippets.refreshed(page, written);
    if (System.getProperty(WRITE) != null) {
      Files.write(page, expected);
      return;
    }
    assertThat(written)
        .as("the Java in %s is not what is compiled; take it over with %s", page, COMMAND)
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("pages")
  void linksLeadToFiles(Path page) throws IOException {
    List<String> broken = new ArrayList<>();
    Matcher link = LINK.matcher(Files.readString(page));
    while (link.find()) {
      if (!Files.exists(page.resolveSibling(link.group(1)))) {
        broken.add(link.group(1));
      }
    }
    assertThat(broken).as("links in %s to files that are not there", page).isEmpty();
  }
}
