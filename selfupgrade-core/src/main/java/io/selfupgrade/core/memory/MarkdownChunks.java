package io.selfupgrade.core.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts Markdown into pieces that are worth remembering: by headings, then by paragraphs.
 *
 * <p>Each begins with its headings, so that it can be understood, and found, without the others. A
 * block of code counts as one paragraph.
 */
final class MarkdownChunks {

  /** Most characters of a piece, its headings not counted. */
  static final int LONGEST = 2_000;

  private static final int LONGEST_HEADINGS = 500;
  private static final Pattern HEADING =
      Pattern.compile(" {0,3}(#{1,6})(?:[ \\t]+(.*?))?(?:[ \\t]+#+)?[ \\t]*");
  private static final Pattern FENCE = Pattern.compile(" {0,3}(`{3,}|~{3,}).*");

  private final Consumer<Chunk> found;
  private final List<String> headings = new ArrayList<>();
  private final StringBuilder chunk = new StringBuilder();
  private final StringBuilder paragraph = new StringBuilder();
  private String fence = "";
  private int part;

  /**
   * A piece.
   *
   * @param heading the headings that it is under, the outermost first
   * @param part its place under them, from 1
   * @param text what it says, without the headings
   */
  record Chunk(String heading, int part, String text) {

    /** Returns what is to be remembered. */
    String content() {
      return heading.isEmpty() ? text : heading + "\n\n" + text;
    }
  }

  MarkdownChunks(Consumer<Chunk> found) {
    this.found = found;
  }

  /** Takes the next line. */
  void line(String line) {
    Matcher heading = HEADING.matcher(line);
    if (fence.isEmpty() && heading.matches()) {
      end();
      beginSection(heading.group(1).length(), heading.group(2) == null ? "" : heading.group(2));
      return;
    }
    noteFence(line);
    if (line.isBlank() && fence.isEmpty()) {
      endParagraph();
    } else {
      paragraph.append(line).append('\n');
      if (paragraph.length() > LONGEST) {
        endParagraph();
      }
    }
  }

  /** Takes that there are no more lines under the present headings. */
  void end() {
    endParagraph();
    endChunk();
  }

  private void beginSection(int level, String title) {
    while (headings.size() >= level) {
      headings.remove(headings.size() - 1);
    }
    while (headings.size() < level - 1) {
      headings.add("");
    }
    headings.add(title.strip());
    part = 0;
  }

  private void noteFence(String line) {
    Matcher mark = FENCE.matcher(line);
    if (!mark.matches()) {
      return;
    }
    String marks = mark.group(1);
    if (fence.isEmpty()) {
      fence = marks;
    } else if (marks.startsWith(fence) && line.strip().equals(marks)) {
      fence = "";
    }
  }

  private void endParagraph() {
    String text = paragraph.toString().stripTrailing();
    paragraph.setLength(0);
    if (text.isBlank()) {
      return;
    }
    if (chunk.length() > 0 && chunk.length() + 2 + text.length() > LONGEST) {
      endChunk();
    }
    String left = text;
    while (left.length() > LONGEST) {
      int end = end(left);
      chunk.append(left, 0, end);
      endChunk();
      left = left.substring(end).stripLeading();
    }
    chunk.append(chunk.length() > 0 && !left.isEmpty() ? "\n\n" : "").append(left);
  }

  /** Returns where to cut a text that is too long: after a line, else a word, else anywhere. */
  private static int end(String text) {
    for (char at : new char[] {'\n', ' '}) {
      int found = text.lastIndexOf(at, LONGEST);
      if (found > LONGEST / 2) {
        return found;
      }
    }
    return Character.isHighSurrogate(text.charAt(LONGEST - 1)) ? LONGEST - 1 : LONGEST;
  }

  private void endChunk() {
    String text = chunk.toString().strip();
    chunk.setLength(0);
    if (!text.isEmpty()) {
      part++;
      found.accept(new Chunk(path(), part, text));
    }
  }

  private String path() {
    String path = String.join(" > ", headings.stream().filter(title -> !title.isEmpty()).toList());
    if (path.length() <= LONGEST_HEADINGS) {
      return path;
    }
    boolean splits = Character.isHighSurrogate(path.charAt(LONGEST_HEADINGS - 1));
    return path.substring(0, LONGEST_HEADINGS - (splits ? 1 : 0));
  }
}
