package io.selfupgrade.supabase;

import io.selfupgrade.agent.AdapterException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A file of statements that are applied once, together.
 *
 * @param version the 14 digits that its name begins with
 * @param name the file's name
 * @param sql its text
 */
record MigrationFile(String version, String name, String sql) {

  /** Those of this library, in their order; named here because a class path cannot be listed. */
  private static final List<String> OWN =
      List.of(
          "20261101000100_foundation.sql",
          "20261101000200_access.sql",
          "20261101000300_observe.sql",
          "20261101000400_memory.sql",
          "20261101000500_policies.sql",
          "20261101000600_deployments.sql",
          "20261101000700_sources.sql",
          "20261101000720_webhooks.sql",
          "20261101000760_changes.sql",
          "20261101000780_rights.sql",
          "20261101000800_control.sql",
          "20261101000820_calls.sql",
          "20261101000840_budget.sql",
          "20261101000860_hosts.sql",
          "20261101000870_indexes.sql",
          "20261101000890_setup.sql",
          "20261101000900_schedules.sql",
          "20261101000920_runners.sql",
          "20261101000930_declared.sql",
          "20261101000940_quick_one_shots.sql",
          "20261101000960_conversations.sql",
          "20261101000970_memory.sql");

  private static final String FOLDER = "/supabase/migrations/";
  private static final Pattern NAME = Pattern.compile("([0-9]{14})_[A-Za-z0-9_-]{1,100}\\.sql");
  private static final long MOST_BYTES = 16L << 20;
  private static final int MOST_FILES = 10_000;

  /** Returns the migrations of this library. */
  static List<MigrationFile> own() {
    return OWN.stream().map(name -> named(name, resource(FOLDER + name))).toList();
  }

  /** Reads the migrations in a folder, in the order of their names. */
  static List<MigrationFile> in(Path folder) {
    List<MigrationFile> files = new ArrayList<>();
    try (Stream<Path> entries = Files.list(folder)) {
      List<Path> found =
          entries
              .filter(path -> NAME.matcher(path.getFileName().toString()).matches())
              .filter(path -> Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS))
              .limit(MOST_FILES + 1L)
              .toList();
      if (found.size() > MOST_FILES) {
        throw unusable(folder + " holds more than " + MOST_FILES + " migrations", null);
      }
      for (Path path : found) {
        files.add(named(path.getFileName().toString(), read(path)));
      }
    } catch (IOException | UncheckedIOException e) {
      throw unusable("reading " + folder + ": check that the folder is there and readable", e);
    }
    files.sort(Comparator.comparing(MigrationFile::name));
    Set<String> versions = new HashSet<>();
    for (MigrationFile file : files) {
      if (!versions.add(file.version())) {
        throw unusable(
            folder + " holds two migrations of version " + file.version() + ": rename one", null);
      }
    }
    return files;
  }

  private static MigrationFile named(String name, String text) {
    Matcher matcher = NAME.matcher(name);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("migration " + name + ": expected <14 digits>_<name>.sql");
    }
    return new MigrationFile(matcher.group(1), name, text.replace("\r\n", "\n"));
  }

  private static String read(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes((int) MOST_BYTES + 1);
      if (bytes.length > MOST_BYTES) {
        throw unusable(path + " is longer than " + MOST_BYTES + " bytes: split it", null);
      }
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  private static String resource(String path) {
    try (InputStream in = MigrationFile.class.getResourceAsStream(path)) {
      if (in == null) {
        throw unusable(
            path + " is not on the class path: keep the resources of selfupgrade-supabase", null);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw unusable("reading " + path + " from the class path", e);
    }
  }

  private static AdapterException unusable(String problem, @Nullable Throwable cause) {
    return new AdapterException("AgentStore", problem, false, cause);
  }

  /** Returns the part of the name between version and ending. */
  String title() {
    return name.substring(version.length() + 1, name.length() - ".sql".length());
  }

  /** Returns the SHA-256 of the text, in hexadecimal, whatever its line ends were. */
  String sha256() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(sql.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
