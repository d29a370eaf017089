package io.selfupgrade.supabase;

import io.selfupgrade.agent.Secret;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a set-up did, would do, found, and left for a person.
 *
 * @param lines in the order in which it came to them
 * @param left what remains to be done by hand, in order, with the commands
 * @param login the URL of an agent's login that was made and kept nowhere, because that was asked
 *     for
 */
public record SetupReport(List<Line> lines, List<String> left, Optional<Secret> login) {

  /** Copies. */
  public SetupReport {
    lines = List.copyOf(lines);
    left = List.copyOf(left);
    Objects.requireNonNull(login, "login");
  }

  /** Tells whether something was changed, or would be. */
  public boolean changes() {
    return lines.stream().anyMatch(line -> line.mark() == Mark.DONE || line.mark() == Mark.WOULD);
  }

  /** Tells whether all is as it should be, but for what was not tried. */
  public boolean good() {
    return lines.stream().noneMatch(line -> line.mark() == Mark.WRONG);
  }

  /** Kinds of lines. */
  public enum Mark {
    /** It was changed. */
    DONE,
    /** It would be changed, without {@code --dry-run}. */
    WOULD,
    /** It is the user's, differs from what would be made, and was left alone. */
    YOURS,
    /** It was looked at and is good. */
    GOOD,
    /** It was looked at and is not good; the line says what mends it. */
    WRONG
  }

  /**
   * One thing.
   *
   * @param mark what became of it
   * @param subject what it is about, such as {@code migration}
   * @param text the rest, in words, without secrets
   */
  public record Line(Mark mark, String subject, String text) {
    /** Validates that all are there. */
    public Line {
      Objects.requireNonNull(mark, "mark");
      Objects.requireNonNull(subject, "subject");
      Objects.requireNonNull(text, "text");
    }
  }
}
