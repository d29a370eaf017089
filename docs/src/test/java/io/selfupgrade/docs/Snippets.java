package io.selfupgrade.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The Java blocks of a Markdown page. The line over a block names the compiled file it comes from,
 * {@code <!-- snippet: examples/quickstart/src/main/java/Agent.java#main -->}, and the file marks
 * the region with {@code // region main} and {@code // endregion}. Without {@code #main} the block
 * is the whole file.
 */
final class Snippets {

  private static final Pattern SOURCE =
      Pattern.compile("\\s*<!-- snippet: (\\S+?\\.java)(?:#(\\S+))? -->\\s*");

  private Snippets() {}

  /** Returns the page's lines, with what is compiled now inside every Java block. */
  static List<String> refreshed(Path page, List<String> lines) {
    var result = new ArrayList<String>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      result.add(line);
      if (line.strip().startsWith("```java")) {
        Matcher source = SOURCE.matcher(i == 0 ? "" : lines.get(i - 1));
        if (!source.matches()) {
          throw new AssertionError(
              page
                  + ":"
                  + (i + 1)
                  + ": Java without a source; write <!-- snippet: path/File.java#region --> over it");
        }
        result.addAll(indented(region(source.group(1), source.group(2)), line.indexOf('`')));
        i = end(page, lines, i);
        result.add(lines.get(i));
      }
    }
    return result;
  }

  private static int end(Path page, List<String> lines, int start) {
    for (int i = start + 1; i < lines.size(); i++) {
      if (lines.get(i).strip().equals("```")) {
        return i;
      }
    }
    throw new AssertionError(page + ":" + (start + 1) + ": this block is never closed");
  }

  private static List<String> region(String file, String name) {
    List<String> lines = lines(file);
    if (name == null) {
      return lines;
    }
    int start = indexOf(lines, "// region " + name, 0);
    int end = start < 0 ? -1 : indexOf(lines, "// endregion", start);
    if (end < 0) {
      throw new AssertionError(
          file
              + " has no region "
              + name
              + ": mark it with // region "
              + name
              + " and // endregion");
    }
    // Without the blank line before the end mark, which would count as not indented.
    String region = String.join("\n", lines.subList(start + 1, end)).stripTrailing();
    return region.stripIndent().lines().toList();
  }

  private static List<String> lines(String file) {
    if (!file.matches("(.+/)?src/(main|test)/java/.+")) {
      throw new AssertionError(
          file + " is not compiled by this build: expected .../src/(main|test)/java/...");
    }
    try {
      return Files.readAllLines(Module.root().resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the source of a block: " + file, e);
    }
  }

  private static int indexOf(List<String> lines, String marker, int from) {
    for (int i = from; i < lines.size(); i++) {
      if (lines.get(i).strip().equals(marker)) {
        return i;
      }
    }
    return -1;
  }

  private static List<String> indented(List<String> lines, int spaces) {
    return lines.stream().map(line -> line.isEmpty() ? line : " ".repeat(spaces) + line).toList();
  }
}
