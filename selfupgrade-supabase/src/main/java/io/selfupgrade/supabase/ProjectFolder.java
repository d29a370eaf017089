package io.selfupgrade.supabase;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The folder {@code supabase} of a user's project, into which ours is written.
 *
 * <p>What the user changed or deleted is left alone; the new version of a changed file is laid
 * beside it. Each file is replaced in one step.
 */
final class ProjectFolder {

  static final String SUBJECT = "folder";

  private static final String BESIDE = ".selfupgrade-new";
  private static final String IGNORE = ".gitignore";

  /** As the Supabase CLI has it in the file of that name which it makes. */
  private static final String IGNORED = ".env.*.local";

  private static final int MOST_BYTES = 16 << 20;

  private final Path root;
  private final SetupNotes notes;
  private ProjectRecord record = ProjectRecord.parse("");

  /**
   * Describes a folder.
   *
   * @param project the folder above {@code supabase}
   */
  ProjectFolder(Path project, SetupNotes notes) {
    this.root = project.resolve("supabase");
    this.notes = notes;
  }

  /**
   * Looks for what would go wrong later.
   *
   * @throws io.selfupgrade.agent.AdapterException if another migration has a number of ours
   */
  void requireUsable() throws IOException {
    if (Files.exists(root) && !Files.isDirectory(root)) {
      throw SetupNotes.failed(root + " is no folder: rename it, or name another project");
    }
    Path migrations = root.resolve("migrations");
    if (!Files.isDirectory(migrations)) {
      return;
    }
    List<String> clashes = new ArrayList<>();
    try (Stream<Path> files = Files.list(migrations)) {
      List<String> names = files.map(file -> file.getFileName().toString()).sorted().toList();
      for (MigrationFile own : MigrationFile.own()) {
        names.stream()
            .filter(name -> name.startsWith(own.version() + "_") && name.endsWith(".sql"))
            .filter(name -> !name.equals(own.name()))
            .forEach(name -> clashes.add(name + " (the library's is " + own.name() + ")"));
      }
    }
    if (!clashes.isEmpty()) {
      throw SetupNotes.failed(
          "migrations in "
              + migrations
              + " have a number that the library's migrations have: "
              + String.join(", ", clashes)
              + "; give yours another number, and if a database has it already, tell it by"
              + " supabase migration repair");
    }
  }

  /** Writes what is missing or old. */
  void write() throws IOException, SQLException {
    Path kept = root.resolve(ProjectRecord.NAME);
    String before = Files.exists(kept) ? read(kept) : "";
    record = ProjectRecord.parse(before);
    for (ProjectFile file : ProjectFile.all()) {
      place(file);
    }
    settle(ProjectFile.config());
    ignore();
    String after = record.text();
    if (!notes.dry() && !after.equals(before)) {
      notes.change(
          SUBJECT, ProjectRecord.NAME + ": noted what was written", () -> replace(kept, after));
    }
  }

  private void place(ProjectFile file) throws IOException, SQLException {
    Path target = root.resolve(file.path());
    Optional<String> noted = record.digest(file.path());
    if (!Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      if (noted.isPresent()) {
        notes.yours(SUBJECT, file.path() + ": you have deleted it; it is not written again");
        return;
      }
      notes.change(SUBJECT, file.path() + ": written", () -> replace(target, file.text()));
      record.put(file.path(), file.sha256());
      return;
    }
    String now = read(target);
    String digest = ProjectFile.sha256(now);
    if (digest.equals(file.sha256())) {
      record.put(file.path(), digest);
      forgetBeside(target, file.path());
    } else if (noted.filter(digest::equals).isPresent()) {
      notes.change(
          SUBJECT,
          file.path() + ": replaced by the new version, you had not changed it",
          () -> replace(target, file.text()));
      record.put(file.path(), file.sha256());
    } else {
      leave(target, file);
    }
  }

  /** The user's own version stays; ours is laid beside it, where no tool reads it. */
  private void leave(Path target, ProjectFile file) throws IOException, SQLException {
    Path beside = beside(target);
    if (!Files.exists(beside) || !read(beside).equals(file.text())) {
      notes.change(SUBJECT, file.path() + BESIDE + ": written", () -> replace(beside, file.text()));
    }
    notes.yours(
        SUBJECT,
        file.path()
            + ": yours differs and was left alone; compare it by: diff "
            + target
            + " "
            + beside);
  }

  private void forgetBeside(Path target, String name) throws IOException, SQLException {
    Path beside = beside(target);
    if (Files.exists(beside)) {
      notes.change(SUBJECT, name + BESIDE + ": removed", () -> Files.deleteIfExists(beside));
    }
  }

  private static Path beside(Path target) {
    return target.resolveSibling(target.getFileName() + BESIDE);
  }

  /** The settings: ours where there are none, else the user's with our functions' sections. */
  private void settle(ProjectFile ours) throws IOException, SQLException {
    Path target = root.resolve(ours.path());
    if (!Files.exists(target)) {
      if (record.digest(ours.path()).isEmpty()) {
        noteSections();
      }
      place(ours);
      return;
    }
    String now = read(target);
    String digest = ProjectFile.sha256(now);
    boolean untouched =
        digest.equals(ours.sha256())
            || record.digest(ours.path()).filter(digest::equals).isPresent();
    if (untouched) {
      noteSections();
      place(ours);
    } else {
      merge(target, now);
    }
  }

  private void noteSections() {
    ConfigToml.needed()
        .forEach((name, text) -> record.put(inConfig(name), ProjectFile.sha256(text)));
  }

  private static String inConfig(String section) {
    return ProjectFile.CONFIG + " [" + section + "]";
  }

  private void merge(Path target, String now) throws IOException, SQLException {
    ConfigToml theirs = new ConfigToml(now);
    String merged = now;
    List<String> added = new ArrayList<>();
    for (Map.Entry<String, String> section : ConfigToml.needed().entrySet()) {
      Optional<String> there = theirs.section(section.getKey());
      if (there.isPresent()) {
        record.put(inConfig(section.getKey()), ProjectFile.sha256(section.getValue()));
        judge(section.getKey(), there.get());
      } else if (record.digest(inConfig(section.getKey())).isPresent()) {
        notes.yours(SUBJECT, "[" + section.getKey() + "]: you have taken it out of config.toml");
      } else if (theirs.takesSections()) {
        merged = ConfigToml.with(merged, section.getValue());
        added.add("[" + section.getKey() + "]");
        record.put(inConfig(section.getKey()), ProjectFile.sha256(section.getValue()));
      } else {
        notes.yours(SUBJECT, "[" + section.getKey() + "] is missing in config.toml");
        notes.left("add this to " + target + ":\n" + section.getValue().strip());
      }
    }
    if (!added.isEmpty()) {
      String whole = merged;
      notes.change(
          SUBJECT,
          "config.toml: added " + String.join(", ", added) + " at its end",
          () -> replace(target, whole));
    }
  }

  private void judge(String section, String text) {
    if (!ConfigToml.leavesCallersToTheFunction(text)) {
      notes.yours(
          SUBJECT,
          "["
              + section
              + "] in config.toml has no verify_jwt = false: secret keys and GitHub are turned away"
              + " before the function sees them");
    }
  }

  /** What holds the agent's password must not get into version control. */
  private void ignore() throws IOException, SQLException {
    Path target = root.resolve(IGNORE);
    String now = Files.exists(target) ? read(target) : "";
    if (now.lines().anyMatch(line -> line.strip().equals(IGNORED))) {
      record.put(IGNORE, ProjectFile.sha256(IGNORED));
      return;
    }
    if (record.digest(IGNORE).isPresent()) {
      notes.yours(SUBJECT, IGNORE + ": you have taken " + IGNORED + " out of it");
      return;
    }
    String gap = now.isEmpty() || now.endsWith("\n") ? "" : "\n";
    notes.change(
        SUBJECT, IGNORE + ": added " + IGNORED, () -> replace(target, now + gap + IGNORED + "\n"));
    record.put(IGNORE, ProjectFile.sha256(IGNORED));
  }

  static String read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MOST_BYTES + 1);
      if (bytes.length > MOST_BYTES) {
        throw SetupNotes.failed(file + " is longer than " + MOST_BYTES + " bytes: shorten it");
      }
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  /** Writes a file in one step; what a killed set-up left half-written is written over. */
  static void replace(Path target, String text) throws IOException {
    Path file = Files.isSymbolicLink(target) ? target.toRealPath() : target;
    Path directory = file.toAbsolutePath().getParent();
    if (directory != null) {
      Files.createDirectories(directory);
    }
    Path half = file.resolveSibling("." + file.getFileName() + ".selfupgrade-half");
    Files.writeString(half, text);
    Files.move(half, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
