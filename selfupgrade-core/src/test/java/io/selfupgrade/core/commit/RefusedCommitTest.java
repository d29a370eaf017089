package io.selfupgrade.core.commit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Commits of which nothing may be run, each refused for its own reason. */
class RefusedCommitTest {

  private static final SshKey KEY = BuildScene.KEY;

  @TempDir Path directory;

  @ParameterizedTest
  @MethodSource({"signatures", "forms"})
  void isRefusedByItsSignature(Wrong wrong) throws Exception {
    assertRefused(wrong);
  }

  @ParameterizedTest
  @MethodSource({"files", "archives"})
  void isRefusedByItsFiles(Wrong wrong) throws Exception {
    assertRefused(wrong);
  }

  @Test
  void aLinkOfGitIsRefusedAlthoughItIsWhatWasSigned() throws Exception {
    BuildScene scene = new BuildScene(directory);
    scene.commits.show(
        scene
            .git(BuildScene.COPY)
            .put("link", OwnGit.LINK, "/etc/passwd".getBytes(StandardCharsets.US_ASCII)),
        KEY);

    assertThat(scene.refusal().code()).isEqualTo(ReasonCode.ARCHIVE_UNSAFE);
    scene.assertNothingBuilt();
  }

  private void assertRefused(Wrong wrong) throws Exception {
    BuildScene scene = new BuildScene(directory);
    OwnGit git = scene.git(BuildScene.COPY);
    scene.commits.show(git, KEY);
    wrong.change.make(scene.commits, git);

    Reason reason = scene.refusal();

    assertThat(reason.code()).as(reason.message()).isEqualTo(wrong.code);
    assertThat(reason.message()).contains(wrong.said);
    assertThat(scene.mark()).as("nothing of it was run").doesNotExist();
    scene.assertNothingBuilt();
  }

  static Stream<Wrong> signatures() {
    return Stream.of(
        wrong(
            "not signed",
            ReasonCode.TOO_FEW_SIGNATURES,
            "is not signed",
            (shown, git) -> sign(shown, "")),
        wrong(
            "another signer",
            ReasonCode.UNTRUSTED_KEYS,
            "SHA256:",
            (shown, git) -> sign(shown, SshKey.ed25519().sign(shown.payload))),
        wrong(
            "signature of another commit",
            ReasonCode.SIGNATURE_INVALID,
            "another commit's",
            (shown, git) -> sign(shown, KEY.sign(git.payload("b".repeat(40))))),
        wrong(
            "changed after signing",
            ReasonCode.SIGNATURE_INVALID,
            "does not verify",
            (shown, git) -> {
              shown.payload[shown.payload.length - 2] ^= 1;
              shown.id = OwnGit.commit(shown.payload, shown.signature);
            }),
        wrong(
            "an older signed commit under the id of the newest",
            ReasonCode.WRONG_RELEASE,
            "another one",
            (shown, git) -> {
              shown.payload = git.payload("b".repeat(40));
              shown.signature = KEY.sign(shown.payload);
            }));
  }

  static Stream<Wrong> forms() {
    return Stream.of(
        wrong(
            "signed for something else",
            ReasonCode.SIGNATURES_MALFORMED,
            "namespace",
            (shown, git) -> sign(shown, KEY.sign(shown.payload, "file"))),
        wrong(
            "signed with PGP",
            ReasonCode.SIGNATURES_MALFORMED,
            "PGP, which is not supported",
            (shown, git) ->
                sign(shown, "-----BEGIN PGP SIGNATURE-----\n\nxx\n-----END PGP SIGNATURE-----")),
        wrong(
            "signed with X.509",
            ReasonCode.SIGNATURES_MALFORMED,
            "something else than SSH",
            (shown, git) -> sign(shown, "-----BEGIN SIGNED MESSAGE-----\nxx\n")),
        wrong(
            "a signature that is cut off",
            ReasonCode.SIGNATURES_MALFORMED,
            "none of SSH",
            (shown, git) -> sign(shown, shown.signature.substring(0, 200))),
        wrong(
            "two trees",
            ReasonCode.WRONG_RELEASE,
            "as Git writes commits",
            (shown, git) -> {
              String text = new String(shown.payload, StandardCharsets.UTF_8);
              String twice = "tree " + "0".repeat(40) + "\n" + text;
              shown.payload = twice.getBytes(StandardCharsets.UTF_8);
              sign(shown, KEY.sign(shown.payload));
            }),
        wrong(
            "too large",
            ReasonCode.TOO_LARGE,
            "at most",
            (shown, git) ->
                shown.payload = Arrays.copyOf(shown.payload, CommitObject.MAX_PAYLOAD_BYTES + 1)),
        wrong(
            "another kind of repository",
            ReasonCode.WRONG_RELEASE,
            "SHA-1",
            (shown, git) -> shown.id = "c".repeat(64)));
  }

  static Stream<Wrong> files() {
    return Stream.of(
        packed("a byte", git -> git.file("VERSION", "1.1.1\n")),
        packed("a mode", git -> git.put("build.sh", OwnGit.EXECUTABLE, git.content("build.sh"))),
        packed("another mode", git -> git.put("tools/run", OwnGit.FILE, new byte[] {'#', '!'})),
        packed("a file more", git -> git.file("more.txt", "")),
        packed("a file left out, as by export-ignore", git -> git.without("tools.txt")),
        packed("a line end changed, as by eol", git -> git.file("VERSION", "1.1.0\r\n")));
  }

  static Stream<Wrong> archives() {
    return Stream.of(
        wrong(
            "a link in place of a file",
            ReasonCode.ARCHIVE_UNSAFE,
            "is a link",
            (shown, git) ->
                shown.files = git.copy().put("build.sh", OwnGit.LINK, new byte[] {'/'}).tarball()),
        wrong(
            "an empty directory, as of a submodule",
            ReasonCode.ARCHIVE_UNSAFE,
            "submodule",
            (shown, git) ->
                shown.files = git.copy().put("lib", OwnGit.SUBMODULE, new byte[0]).tarball()),
        wrong(
            "a way out",
            ReasonCode.ARCHIVE_UNSAFE,
            "another place",
            (shown, git) -> shown.files = git.copy().file("../../evil", "x").tarball()),
        wrong(
            "an absolute path",
            ReasonCode.ARCHIVE_UNSAFE,
            "another place",
            (shown, git) -> shown.files = git.copy().file("x", "x").tarball("/tmp/evil/")),
        wrong(
            "Git's own directory",
            ReasonCode.ARCHIVE_UNSAFE,
            "Git's own",
            (shown, git) -> shown.files = git.copy().file("src/.GIT/config", "x").tarball()),
        wrong(
            "two directories",
            ReasonCode.ARCHIVE_INVALID,
            "expected one directory",
            (shown, git) -> shown.files = git.tarball("")),
        wrong(
            "no archive",
            ReasonCode.ARCHIVE_INVALID,
            "cannot be taken",
            (shown, git) -> shown.files = new byte[100]),
        wrong(
            "more than is allowed",
            ReasonCode.TOO_LARGE,
            "bytes",
            (shown, git) -> shown.files = new byte[(64 << 20) + 1]));
  }

  private static Wrong packed(String name, Consumer change) {
    return wrong(
        name,
        ReasonCode.DIGEST_MISMATCH,
        "was signed",
        (shown, git) -> shown.files = change.of(git.copy()).tarball());
  }

  private static void sign(ShownCommit shown, String signature) {
    shown.signature = signature;
    shown.id = OwnGit.commit(shown.payload, signature);
  }

  private static Wrong wrong(String name, ReasonCode code, String said, Change change) {
    return new Wrong(name, code, said, change);
  }

  /** Changes what is shown. */
  private interface Change {
    void make(ShownCommit shown, OwnGit git);
  }

  /** Changes what is packed. */
  private interface Consumer {
    OwnGit of(OwnGit git);
  }

  /** A commit that is wrong in one way. */
  record Wrong(String name, ReasonCode code, String said, Change change) {
    @Override
    public String toString() {
      return name;
    }
  }
}
