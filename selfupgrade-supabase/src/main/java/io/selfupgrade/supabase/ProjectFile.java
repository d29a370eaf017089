package io.selfupgrade.supabase;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * A file of the project folder as this version of the library has it.
 *
 * @param path below {@code supabase/}, with slashes
 * @param text what it holds, with line feeds
 */
record ProjectFile(String path, String text) {

  /** Where the folder's settings are; they are merged, not written over. */
  static final String CONFIG = "config.toml";

  /** All but the migrations; named here because a class path cannot be listed. */
  private static final List<String> OTHERS =
      List.of(
          "seed.sql",
          "functions/_shared/answers.ts",
          "functions/_shared/body.ts",
          "functions/_shared/control.ts",
          "functions/_shared/database.ts",
          "functions/_shared/door.ts",
          "functions/_shared/events.ts",
          "functions/_shared/fields.ts",
          "functions/_shared/json.ts",
          "functions/_shared/keys.ts",
          "functions/_shared/redeploy.ts",
          "functions/_shared/settings.ts",
          "functions/_shared/webhook.ts",
          "functions/_shared/wishes.ts",
          "functions/agent-core/deno.json",
          "functions/agent-core/index.ts",
          "functions/github-webhook/deno.json",
          "functions/github-webhook/index.ts",
          "functions/health/deno.json",
          "functions/health/index.ts",
          "functions/register/deno.json",
          "functions/register/index.ts",
          "functions/self-upgrade/deno.json",
          "functions/self-upgrade/index.ts");

  /** Returns every file but the settings. */
  static List<ProjectFile> all() {
    Stream<ProjectFile> migrations =
        MigrationFile.own().stream()
            .map(file -> new ProjectFile("migrations/" + file.name(), file.sql()));
    return Stream.concat(migrations, OTHERS.stream().map(ProjectFile::resource)).toList();
  }

  /** Returns the settings of a project that has no other functions. */
  static ProjectFile config() {
    return resource(CONFIG);
  }

  private static ProjectFile resource(String path) {
    try (InputStream in = ProjectFile.class.getResourceAsStream("/supabase/" + path)) {
      if (in == null) {
        throw SetupNotes.failed(
            "supabase/" + path + " is not on the class path: keep the library's resources");
      }
      return new ProjectFile(path, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw SetupNotes.failed("reading supabase/" + path + " from the class path", e);
    }
  }

  String sha256() {
    return sha256(text);
  }

  /** Returns the SHA-256 of a text, whatever its line ends are: Git may have changed them. */
  static String sha256(String text) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] bytes = text.replace("\r\n", "\n").getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(digest.digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
