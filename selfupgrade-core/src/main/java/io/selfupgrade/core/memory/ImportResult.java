package io.selfupgrade.core.memory;

import io.selfupgrade.memory.Imported;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What an import has come to so far. */
final class ImportResult {

  private static final int MOST_TOLD = 1_000;

  private final List<String> skipped = new ArrayList<>();
  private final Set<String> incomplete = new HashSet<>();
  private boolean partial;
  private long untold;
  private int files;
  private long remembered;
  private long unchanged;
  private long removed;

  /** Notes a file of which not all was read, for what is remembered of it has to stay. */
  void skip(String file, String why) {
    skip(file, file, why);
  }

  /** Notes a place in a file that was not read. */
  void skip(String file, String place, String why) {
    incomplete.add(ImportIds.ofFile(file));
    tell(place + ": " + why);
  }

  /** Notes a part of the source of which nothing is known: nothing at all is removed then. */
  void skipTree(String name, String why) {
    partial = true;
    tell(name + ": " + why);
  }

  private void tell(String line) {
    if (skipped.size() < MOST_TOLD) {
      skipped.add(line);
    } else {
      untold++;
    }
  }

  /** Tells whether an id of the import may be removed if it was not seen. */
  boolean mayRemove(String externalId) {
    return !partial && !incomplete.contains(ImportIds.fileOf(externalId));
  }

  void fileRead() {
    files++;
  }

  void remembered(long more) {
    remembered += more;
  }

  void unchanged(long more) {
    unchanged += more;
  }

  void removed(long more) {
    removed += more;
  }

  /** Returns how many memories are dealt with. */
  long done() {
    return remembered + unchanged;
  }

  Imported imported() {
    List<String> told = new ArrayList<>(skipped);
    if (untold > 0) {
      told.add("and " + untold + " more");
    }
    return new Imported(files, remembered, unchanged, removed, told);
  }

  /** Says why a file cannot be read. */
  static String why(IOException e) {
    return e instanceof CharacterCodingException ? "is not UTF-8 text" : e.toString();
  }
}
