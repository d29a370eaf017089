package io.selfupgrade.docs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The Supabase CLI, which npm has as a program of each platform. */
final class SupabaseCli {

  private static final Path SOURCE = Module.root().resolve("docs/src/test/supabase-cli");
  private static final Path HOME = Module.root().resolve("docs/target/supabase-cli");
  private static final int LONGEST_MINUTES = 3;

  private final Path project;
  private final String databaseUrl;

  /** How a command ended, and what it printed. */
  record Answer(int code, String text) {}

  private SupabaseCli(Path project, String databaseUrl) {
    this.project = project;
    this.databaseUrl = databaseUrl;
  }

  /** Installs it, once for each state of the lock file. */
  static void install() throws Exception {
    Npm.install(SOURCE, HOME, "the project folder is not tested with the Supabase CLI");
  }

  /**
   * Describes a project with a database that is not Supabase's.
   *
   * @param databaseUrl in the form of libpq
   */
  static SupabaseCli in(Path project, String databaseUrl) {
    return new SupabaseCli(project, databaseUrl);
  }

  /** Applies the migrations that it does not know as applied. */
  Answer push() throws Exception {
    return run("db", "push", "--yes");
  }

  /** Looks into the functions of the schema; errors fail. */
  Answer lint() throws Exception {
    return run("db", "lint", "--schema", "selfupgrade", "--level", "warning", "--fail-on", "error");
  }

  private Answer run(String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of(program().toString()));
    command.addAll(List.of(words));
    command.add("--db-url=" + databaseUrl + "?sslmode=disable");
    Path output = Files.createTempFile(HOME, "output", ".txt");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(project.toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile());
      builder.environment().clear();
      builder.environment().put("HOME", HOME.toString());
      builder.environment().put("DO_NOT_TRACK", "1");
      builder.environment().put("NO_COLOR", "1");
      Process process = builder.start();
      process.getOutputStream().close();
      boolean ended = process.waitFor(LONGEST_MINUTES, TimeUnit.MINUTES);
      if (!ended) {
        process.destroyForcibly().waitFor();
      }
      String text = Files.readString(output, StandardCharsets.UTF_8);
      return new Answer(ended ? process.exitValue() : -1, text);
    } finally {
      Files.delete(output);
    }
  }

  private static Path program() throws IOException {
    try (Stream<Path> packages = Files.list(HOME.resolve("node_modules/@supabase"))) {
      return packages
          .map(each -> each.resolve("bin/supabase"))
          .filter(Files::exists)
          .findFirst()
          .orElseThrow(() -> new IOException("npm has no Supabase CLI for this platform"));
    }
  }
}
