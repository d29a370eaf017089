package io.selfupgrade.docs;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** GitHub's own language service for workflows, and what else reads them, in Node.js. */
final class WorkflowLinter {

  static final Path TEMPLATES = Module.root().resolve("examples/deploy/github");

  private static final Path SOURCE = Module.root().resolve("docs/src/test/workflows");
  private static final Path LINTER = Module.root().resolve("docs/target/workflow-lint");
  private static final Map<String, Map<String, String>> SCRIPTS = new HashMap<>();

  private WorkflowLinter() {}

  /** Installs it from npm, once for each state of its lock file. */
  static void install() throws Exception {
    Npm.install(SOURCE, LINTER, "workflows are not checked");
  }

  /** Returns what is wrong with workflows, a line for each finding. */
  static List<String> findings(List<Path> workflows) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("node", "--import", "./json-imports.mjs", "lint.mjs"));
    workflows.forEach(file -> command.add(file.toAbsolutePath().toString()));
    return Npm.run(LINTER, command.toArray(new String[0])).lines().toList();
  }

  /** Returns the scripts of a template's steps, by job and name with a slash between. */
  static synchronized Map<String, String> scripts(String template) throws Exception {
    Map<String, String> known = SCRIPTS.get(template);
    if (known != null) {
      return known;
    }
    Map<String, String> scripts = new LinkedHashMap<>();
    String steps = Npm.run(LINTER, "node", "steps.mjs", TEMPLATES.resolve(template).toString());
    for (String line : steps.lines().toList()) {
      String[] parts = line.split("\t", -1);
      scripts.put(
          parts[0] + "/" + parts[1],
          new String(Base64.getDecoder().decode(parts[2]), StandardCharsets.UTF_8));
    }
    SCRIPTS.put(template, scripts);
    return scripts;
  }
}
