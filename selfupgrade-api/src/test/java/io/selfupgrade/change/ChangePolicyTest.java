package io.selfupgrade.change;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ChangePolicyTest {

  private static final ChangePolicy EVERYTHING = ChangePolicy.allow("**");
  private static final Change CHANGE = Change.of("Greet in the evening", "Ada asked for it.");

  @ParameterizedTest
  @ValueSource(
      strings = {
        ".github/workflows/release.yml",
        ".GitHub/workflows/release.yml",
        ".gıthub/workflows/x.yml",
        "docs/.github/CODEOWNERS",
        ".git/hooks/pre-commit",
        "vendor/.git/config",
        ".gitmodules",
        ".gitattributes",
        "docs/.gitignore",
        "CODEOWNERS",
        "docs/CodeOwners",
        "release.pub",
        "keys/RELEASE.PUB",
        "keys/ré.pem",
        "tls.key",
        "trust.pub/inner.txt",
        "store.jks",
        "release.json",
        "latest.json",
        "latest-beta.json",
        "release.json.sig",
        "slots/launch.properties",
        "lib/launcher.jar",
        "bin/selfupgrade-launcher.sh",
        "etc/bot.service",
        "etc/Bot.TIMER"
      })
  void neverAllowed(String path) {
    assertThat(refusal(EVERYTHING, CHANGE.put(path, "x"))).contains(ChangeRefusal.PATH_FORBIDDEN);
    assertThat(refusal(EVERYTHING, CHANGE.delete(path))).contains(ChangeRefusal.PATH_FORBIDDEN);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/etc/passwd",
        "../outside",
        "a/../.github/x",
        "a/./b",
        "a//b",
        "a/",
        ".",
        "a\\b",
        "C:/windows",
        ".git::$INDEX_ALLOCATION/x",
        "git~1/config",
        ".git /config",
        ".git./config",
        " .git/config",
        "a\nb",
        "a\u0000b",
        "a\u007Fb",
        "a\u0085b",
        "a\u2028b",
        ".g\u200Cit/config",
        "\u202Etxt.sh",
        "\uFEFFa",
        "a\u3164b",
        "a\uD800b",
        "．github/x",
        ".ﬁle/../x",
        "cafe\u0301.txt",
        "a*b",
        "a?b"
      })
  void noPathAtAll(String path) {
    assertThat(refusal(EVERYTHING, CHANGE.put(path, "x"))).contains(ChangeRefusal.PATH_UNUSABLE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "prompts/greeting.md",
        "src/main/resources/Antworten für später.txt",
        "docs/github.md",
        "digit/a.txt",
        "a/key/b.txt",
        "service/x.java",
        "日本/語.txt"
      })
  void allowedWhenTheCallerSaysSo(String path) {
    assertThat(refusal(EVERYTHING, CHANGE.put(path, "x"))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "prompts/**, prompts/a/b.md, true",
    "prompts/**, prompts, false",
    "prompts/**, Prompts/a.md, false",
    "prompts/**, xprompts/a.md, false",
    "prompts/*.md, prompts/a.md, true",
    "prompts/*.md, prompts/a/b.md, false",
    "prompts/*.md, prompts/a.txt, false",
    "**/answers.md, answers.md, true",
    "**/answers.md, a/b/answers.md, true",
    "**/answers.md, a/banswers.md, false",
    "a/**/z.md, a/z.md, true",
    "a/**/z.md, a/b/c/z.md, true",
    "a+b.md, a+b.md, true",
    "a.md, axmd, false"
  })
  void patternsAllow(String pattern, String path, boolean allowed) {
    assertThat(refusal(ChangePolicy.allow(pattern), CHANGE.put(path, "x")))
        .isEqualTo(allowed ? Optional.empty() : Optional.of(ChangeRefusal.PATH_NOT_ALLOWED));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/a", "a//b", "a/../b", "a/**b", "a?", "[a]", "a\\b"})
  void noPatternAtAll(String pattern) {
    assertThatThrownBy(() -> ChangePolicy.allow(pattern))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("pattern");
  }

  @ParameterizedTest
  @ValueSource(strings = {"prompts/safety", "prompts/Safety/a/b.md", "prompts/sáfety/x"})
  void whatTheCallerForbidsIsForbiddenWithAllBelowIt(String path) {
    ChangePolicy policy = ChangePolicy.allow("prompts/**").forbid("prompts/Safety");

    assertThat(refusal(policy, CHANGE.put(path, "x"))).contains(ChangeRefusal.PATH_FORBIDDEN);
    assertThat(refusal(policy, CHANGE.put("prompts/safe", "x"))).isEmpty();
  }

  @Test
  void oneForbiddenPathAmongManyIsEnough() {
    Change change = CHANGE.put("a.md", "x").put("b.md", "x").delete(".github/CODEOWNERS");

    assertThat(refusal(EVERYTHING, change)).contains(ChangeRefusal.PATH_FORBIDDEN);
  }

  @Test
  void sizesAreLimited() {
    ChangePolicy policy = EVERYTHING.atMost(2, 10, 15);
    byte[] ten = new byte[10];

    assertThat(refusal(policy, CHANGE)).contains(ChangeRefusal.EMPTY);
    assertThat(refusal(policy, CHANGE.put("a", ten).delete("b"))).isEmpty();
    assertThat(refusal(policy, CHANGE.put("a", new byte[11]))).contains(ChangeRefusal.TOO_LARGE);
    assertThat(refusal(policy, CHANGE.put("a", ten).put("b", ten)))
        .contains(ChangeRefusal.TOO_LARGE);
    assertThat(refusal(policy, CHANGE.put("a", "").delete("b").delete("c")))
        .contains(ChangeRefusal.TOO_LARGE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-----BEGIN PRIVATE KEY",
        "-----BEGIN OPENSSH PRIVATE KEY",
        "ghp_0123456789abcdefghijABCDEFGHIJ012345",
        "github_pat_0123456789abcdefghijABCDEFGHIJ012345",
        "xoxb-0123456789ab",
        "https://hooks.slack.com/services/T0/B0/x",
        "AKIAIOSFODNN7EXAMPLE"
      })
  void whatLooksLikeASecretDoesNotGoOutAndIsNotRepeated(String secret) {
    byte[] wide = ("x " + secret).getBytes(StandardCharsets.UTF_16LE);
    for (Change change :
        new Change[] {
          CHANGE.put("a.md", "token: " + secret + "\n"),
          CHANGE.put("a.md", wide),
          CHANGE.put(secret + "/a.md", "x"),
          Change.of(secret, "why").put("a.md", "x"),
          Change.of("title", "because of " + secret).put("a.md", "x")
        }) {
      Optional<ChangeResult.Refused> refused = EVERYTHING.check(change);
      assertThat(refused.map(ChangeResult.Refused::code)).contains(ChangeRefusal.SECRET_FOUND);
      assertThat(refused.orElseThrow().summary()).doesNotContain(secret);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "two\nlines",
        "ping @ada",
        "Fixes #12",
        "Closes GH-3",
        "Greet [skip ci]",
        "see acme/bot/issues/3",
        "a\u202Eb"
      })
  void titleSetsNothingOff(String title) {
    assertThat(refusal(EVERYTHING, Change.of(title, "why").put("a", "x")))
        .contains(ChangeRefusal.TEXT_UNUSABLE);
  }

  @Test
  void reasonIsNeededAndLimited() {
    assertThat(refusal(EVERYTHING, Change.of("t", " ").put("a", "x")))
        .contains(ChangeRefusal.TEXT_UNUSABLE);
    assertThat(refusal(EVERYTHING, Change.of("t", "x".repeat(10_001)).put("a", "x")))
        .contains(ChangeRefusal.TEXT_UNUSABLE);
  }

  @Test
  void nothingIsMergedByDefaultAndNoRuleIsWithoutChecks() {
    assertThat(EVERYTHING.merge()).isEmpty();
    assertThat(EVERYTHING.mergeWhenChecksPass(MergeMethod.SQUASH, "build").merge().orElseThrow())
        .satisfies(rule -> assertThat(rule.checks()).containsExactly("build"));
    assertThatThrownBy(() -> EVERYTHING.mergeWhenChecksPass(MergeMethod.SQUASH, " "))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void changeIsKnownByWhatItDoes() {
    Change change = CHANGE.put("a", "1").delete("b");

    assertThat(CHANGE.delete("b").put("a", "1")).isEqualTo(change);
    assertThat(change.key()).isEqualTo(change.digest());
    assertThat(change.key("mine").digest()).isEqualTo(change.digest());
    assertThat(change.put("a", "2").digest()).isNotEqualTo(change.digest());
    assertThat(change.put("b", "").digest()).isNotEqualTo(change.digest());
    assertThat(change.on("a".repeat(40)).digest()).isNotEqualTo(change.digest());
    assertThat(change.toString()).contains("[a, b]");
    assertThatThrownBy(() -> change.key("two words")).hasMessageContaining("key");
    assertThatThrownBy(() -> change.on("main")).hasMessageContaining("commit");
  }

  private static Optional<ChangeRefusal> refusal(ChangePolicy policy, Change change) {
    return policy.check(change).map(ChangeResult.Refused::code);
  }
}
