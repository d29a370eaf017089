package io.selfupgrade.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The workflows that users copy, checked by GitHub's own language service and by rules against what
 * workflows are broken into by. It comes from npm, by a lock file with digests.
 */
final class WorkflowTest {

  @BeforeAll
  static void installTheLinter() throws Exception {
    WorkflowLinter.install();
  }

  /** A mistake in one of the templates, and the rule that finds it. */
  private record Mistake(String template, String good, String bad, String rule) {}

  private static final List<Mistake> MISTAKES =
      List.of(
          new Mistake("deploy", "workflow_dispatch:", "workflow_dispach:", "language-service"),
          new Mistake("deploy", "contents: read", "content: read", "language-service"),
          new Mistake("deploy", "    runs-on: ubuntu-24.04\n", "", "language-service"),
          new Mistake("deploy", "${{ inputs.action }}", "${{ input.action }}", "language-service"),
          new Mistake("deploy", "vars.HEALTH_URL }}", "vars.HEALTH_URL", "language-service"),
          new Mistake("release", "needs: build", "needs: biuld", "language-service"),
          new Mistake("release", "        with:\n", "        wiht:\n", "language-service"),
          new Mistake(
              "redeploy", "'7,22,37,52 * * * *'", "'7,22,37,62 * * * *'", "language-service"),
          new Mistake("renew", "needs: look", "needs: lock", "language-service"),
          new Mistake("renew", "    permissions:\n      contents: write\n", "", "permissions"),
          new Mistake("deploy", "        type: choice\n", "", "input"),
          new Mistake(
              "release", "@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a # v7.0.1", "@v7", "pin"),
          new Mistake("release", "1fc6a0a # v7.0.1", "1fc6a0a", "pin"),
          new Mistake("release", "5461e7c # v8.0.1", "5461e7 # v8.0.1", "pin"),
          new Mistake("release", "permissions: {}", "permissions: write-all", "permissions"),
          new Mistake("release", "    permissions:\n      contents: write\n", "", "permissions"),
          new Mistake(
              "release", "java=$JAVA_HOME_17_X64", "curl -H \"X: $RELEASE_KEY\" h; a=b", "secret"),
          new Mistake("release", "umask 077", "set -x", "secret"),
          new Mistake(
              "deploy", "exec \"deploy/", "exec \"deploy/${{ inputs.action }}", "expression"),
          new Mistake(
              "redeploy",
              "  schedule:",
              "  pull_request_target:\n  schedule:",
              "untrusted-trigger"),
          new Mistake(
              "deploy", "cancel-in-progress: false", "cancel-in-progress: true", "concurrency"),
          new Mistake("deploy", "    timeout-minutes: 30\n", "", "timeout"),
          new Mistake("deploy", "    shell: bash", "    shell: sh", "shell"),
          new Mistake(
              "redeploy", "            exit 1\n          fi\n", "            exit 1\n", "bash"));

  @Test
  void templatesHaveNoMistakes() throws Exception {
    List<Path> templates;
    try (Stream<Path> files = Files.list(WorkflowLinter.TEMPLATES)) {
      templates = files.filter(file -> file.toString().endsWith(".yml")).toList();
    }
    assertThat(templates).hasSizeGreaterThanOrEqualTo(3);

    assertThat(WorkflowLinter.findings(templates)).isEmpty();
  }

  @Test
  void plantedMistakesAreFound(@TempDir Path directory) throws Exception {
    List<Path> files = new ArrayList<>();
    for (Mistake mistake : MISTAKES) {
      String good = Files.readString(WorkflowLinter.TEMPLATES.resolve(mistake.template() + ".yml"));
      assertThat(good).as(mistake.template()).contains(mistake.good());
      Path file = directory.resolve("mistake-" + files.size() + ".yml");
      Files.writeString(file, good.replace(mistake.good(), mistake.bad()));
      files.add(file);
    }

    List<String> findings = WorkflowLinter.findings(files);

    for (int i = 0; i < MISTAKES.size(); i++) {
      Mistake mistake = MISTAKES.get(i);
      String file = "mistake-" + i + ".yml:";
      assertThat(findings)
          .as("%s", mistake)
          .anyMatch(
              finding ->
                  finding.startsWith(file) && finding.contains(": " + mistake.rule() + ": "));
    }
  }
}
