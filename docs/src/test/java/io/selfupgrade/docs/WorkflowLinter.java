package io.selfupgrade.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** GitHub's own language service for workflows, and what else reads them, in Node.js. */
final class WorkflowLinter {

  static final Path TEMPLATES = Module.root().resolve("examples/deploy/github");

  private static final Path SOURCE = Module.root().resolve("docs/src/test/workflows");
  private static final Path LINTER = Module.root().resolve("docs/target/workflow-lint");
  private static final int LONGEST_MINUTES = 5;
  private static final Map<String, Map<String, String>> SCRIPTS = new HashMap<>();

  private WorkflowLinter() {}

  /** Installs it from npm, once for each state of its lock file. */
  static synchronized void install() throws Exception {
    for (String program : List.of("node", "npm")) {
      if (!isThere(program)) {
        String message = "workflows are not checked: install Node.js 20 or newer, with npm";
        if (System.getenv("CI") != null) {
          throw new AssertionError(program + " is not there; " + message);
        }
        abort(message);
      }
    }
    Files.createDirectories(LINTER);
    Path installed = LINTER.resolve("installed.json");
    byte[] lock = Files.readAllBytes(SOURCE.resolve("package-lock.json"));
    try (Stream<Path> files = Files.list(SOURCE)) {
      for (Path file : files.toList()) {
        Files.copy(file, LINTER.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    if (!Files.exists(installed) || !Arrays.equals(Files.readAllBytes(installed), lock)) {
      run(LINTER, "npm", "ci");
      Files.write(installed, lock);
    }
  }

  /** Returns what is wrong with workflows, a line for each finding. */
  static List<String> findings(List<Path> workflows) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("node", "--import", "./json-imports.mjs", "lint.mjs"));
    workflows.forEach(file -> command.add(file.toAbsolutePath().toString()));
    return run(LINTER, command.toArray(new String[0])).lines().toList();
  }

  /** Returns the scripts of a template's steps, by job and name with a slash between. */
  static synchronized Map<String, String> scripts(String template) throws Exception {
    Map<String, String> known = SCRIPTS.get(template);
    if (known != null) {
      return known;
    }
    Map<String, String> scripts = new LinkedHashMap<>();
    for (String line :
        run(LINTER, "node", "steps.mjs", TEMPLATES.resolve(template).toString()).lines().toList()) {
      String[] parts = line.split("\t", -1);
      scripts.put(
          parts[0] + "/" + parts[1],
          new String(Base64.getDecoder().decode(parts[2]), StandardCharsets.UTF_8));
    }
    SCRIPTS.put(template, scripts);
    return scripts;
  }

  private static boolean isThere(String program) throws InterruptedException {
    try {
      return new ProcessBuilder(program, "--version")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static String run(Path directory, String... command) throws Exception {
    Path output = Files.createTempFile(LINTER, "output", ".txt");
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      boolean ended = process.waitFor(LONGEST_MINUTES, TimeUnit.MINUTES);
      if (!ended) {
        process.destroyForcibly();
      }
      String printed = Files.readString(output, StandardCharsets.UTF_8);
      assertThat(ended && process.exitValue() == 0)
          .as("%s in %s: %s", List.of(command), directory, printed)
          .isTrue();
      return printed;
    } finally {
      Files.delete(output);
    }
  }
}
