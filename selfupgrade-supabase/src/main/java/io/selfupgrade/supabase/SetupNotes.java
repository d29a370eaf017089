package io.selfupgrade.supabase;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.supabase.SetupReport.Line;
import io.selfupgrade.supabase.SetupReport.Mark;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The only way to change something in a set-up: a dry run notes it and does not do it. */
final class SetupNotes {

  private static final String PORT = "SupabaseSetup";

  private final boolean dry;
  private final Runnable beforeEachChange;
  private final List<Line> lines = new ArrayList<>();
  private final List<String> left = new ArrayList<>();
  private Optional<Secret> login = Optional.empty();

  /**
   * Begins.
   *
   * @param dry whether nothing is to be changed
   * @param beforeEachChange called before each change; what it throws ends the set-up there
   */
  SetupNotes(boolean dry, Runnable beforeEachChange) {
    this.dry = dry;
    this.beforeEachChange = beforeEachChange;
  }

  boolean dry() {
    return dry;
  }

  /** Makes a change that is whole or not at all, and notes it; or notes that it would be made. */
  void change(String subject, String what, Change change) throws IOException, SQLException {
    if (dry) {
      lines.add(new Line(Mark.WOULD, subject, what));
      return;
    }
    beforeEachChange.run();
    change.make();
    lines.add(new Line(Mark.DONE, subject, what));
  }

  void yours(String subject, String what) {
    lines.add(new Line(Mark.YOURS, subject, what));
  }

  void good(String subject, String what) {
    lines.add(new Line(Mark.GOOD, subject, what));
  }

  void wrong(String subject, String what) {
    lines.add(new Line(Mark.WRONG, subject, what));
  }

  /** Notes something for a person to do. */
  void left(String step) {
    left.add(step);
  }

  void hand(Secret url) {
    login = Optional.of(url);
  }

  SetupReport report() {
    return new SetupReport(lines, left, login);
  }

  static AdapterException failed(String problem) {
    return new AdapterException(PORT, problem, false, null);
  }

  static AdapterException failed(String problem, Throwable cause) {
    return new AdapterException(PORT, problem, false, cause);
  }

  /** Changes one thing. */
  @FunctionalInterface
  interface Change {
    /** Makes it. */
    void make() throws IOException, SQLException;
  }
}
