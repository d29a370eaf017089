package io.selfupgrade.supabase.embedded;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Servers for tests that are not about making one: quick to make, and safe only as long as there is
 * power.
 */
public final class TestPostgres {

  private TestPostgres() {}

  /** Attaches to the directory's server; a directory without data gets its files first. */
  public static EmbeddedPostgres attach(Path directory) {
    if (!Files.exists(directory.resolve("data"))) {
      Template.copy(Template.quick(), directory, "");
    }
    return EmbeddedPostgres.attach(directory);
  }
}
