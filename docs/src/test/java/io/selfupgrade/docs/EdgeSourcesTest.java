package io.selfupgrade.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the Edge Functions are made of, as Deno and rules see it. */
final class EdgeSourcesTest {

  private static final String IMPORTS =
      """
      {
        "imports": {
          "postgres": "npm:postgres@3.4.9"
        }
      }
      """;

  @BeforeAll
  static void installDeno() throws Exception {
    EdgeRuntime.install();
  }

  @Test
  void theyHaveTypesAndNoLintAndOneFormat() throws Exception {
    List<String> entries = new ArrayList<>(List.of("check", "serve.ts"));
    EdgeRuntime.FUNCTIONS.forEach(name -> entries.add("functions/" + name + "/index.ts"));

    EdgeRuntime.deno(entries.toArray(new String[0]));
    EdgeRuntime.deno("lint", "functions", "serve.ts");
    EdgeRuntime.deno("fmt", "--check", "functions", "serve.ts");
  }

  @Test
  void everyFunctionIsASliceOfTheProjectWithPinnedImports() throws Exception {
    try (Stream<Path> folders = Files.list(EdgeRuntime.SOURCE)) {
      assertThat(folders.map(folder -> folder.getFileName().toString()))
          .containsExactlyInAnyOrderElementsOf(
              Stream.concat(Stream.of("_shared"), EdgeRuntime.FUNCTIONS.stream()).toList());
    }
    String config = Files.readString(EdgeRuntime.SOURCE.resolveSibling("config.toml"));
    for (String name : EdgeRuntime.FUNCTIONS) {
      assertThat(EdgeRuntime.SOURCE.resolve(name).resolve("deno.json")).hasContent(IMPORTS);
      assertThat(config).contains("[functions." + name + "]\nverify_jwt = false\n");
    }
  }

  @Test
  void nothingIsImportedFromElsewhere() throws Exception {
    Pattern from = Pattern.compile("(?:from|import)\\s*\\(?\\s*\"([^\"]+)\"");
    try (Stream<Path> files = Files.walk(EdgeRuntime.SOURCE)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".ts")).toList()) {
        Matcher imports = from.matcher(Files.readString(file));
        while (imports.find()) {
          assertThat(imports.group(1)).as("%s", file).matches("postgres|\\.\\.?/.+\\.ts");
        }
      }
    }
  }
}
