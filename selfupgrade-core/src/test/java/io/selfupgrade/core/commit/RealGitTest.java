package io.selfupgrade.core.commit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.upgrade.CommitSigners;
import io.selfupgrade.upgrade.ReasonCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commits that Git made and ssh-keygen signed, packed as GitHub packs them: by git archive. */
class RealGitTest {

  @TempDir Path directory;
  private Path work;
  private BuildScene scene;

  @BeforeEach
  void begin() throws Exception {
    scene = new BuildScene(directory);
    work = Files.createDirectory(directory.resolve("work"));
    git("init", "--quiet", "--initial-branch=main");
    OwnGit files = scene.git(BuildScene.COPY);
    for (String path :
        List.of(
            "VERSION",
            "build.sh",
            "prebuilt.bin",
            "tools/run",
            "tools.txt",
            "src/main/deep/er/File.java")) {
      Path file = work.resolve(path);
      Files.createDirectories(file.getParent());
      Files.write(file, files.content(path));
    }
    assertThat(work.resolve("tools/run").toFile().setExecutable(true)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ed25519", "ecdsa", "rsa"})
  void isBuiltAndWhatOwnObjectsSayIsWhatGitSays(String type) throws Exception {
    sign(type);
    show("HEAD");

    assertThat(git("rev-parse", "HEAD^{tree}").strip())
        .isEqualTo(scene.git(BuildScene.COPY).tree());
    assertThat(scene.built("1.1.0")).isDirectory();
  }

  @Test
  void whatIsLeftOutOfTheArchiveIsNoticed() throws Exception {
    Files.writeString(work.resolve(".gitattributes"), "tools.txt export-ignore\n");
    sign("ed25519");
    show("HEAD");

    assertThat(scene.refusal().code()).isEqualTo(ReasonCode.DIGEST_MISMATCH);
    scene.assertNothingBuilt();
  }

  @Test
  void aMergeOfTwoIsVerifiedToo() throws Exception {
    sign("ed25519");
    git("checkout", "--quiet", "-b", "other");
    Files.writeString(work.resolve("other.txt"), "other\n");
    commit("other");
    git("checkout", "--quiet", "main");
    git("merge", "--quiet", "--no-ff", "-S", "-m", "Merge", "other");
    show("HEAD");

    assertThat(new String(scene.commits.payload, StandardCharsets.UTF_8).split("parent ", -1))
        .hasSize(3);
    assertThat(scene.built("1.1.0")).isDirectory();
  }

  /** Makes a key, trusts it, and commits all that is there with it. */
  private void sign(String type) throws Exception {
    Path key = directory.resolve("key-" + type);
    run(directory, "ssh-keygen", "-q", "-t", type, "-N", "", "-C", "ada", "-f", key.toString());
    String line = Files.readString(Path.of(key + ".pub"), StandardCharsets.US_ASCII);
    scene.signers = CommitSigners.parse("# from authorized_keys\n" + line);
    git("config", "gpg.format", "ssh");
    git("config", "user.signingkey", key.toString());
    commit("first");
  }

  private void commit(String message) throws Exception {
    git("add", "-A");
    git("commit", "--quiet", "-S", "-m", message);
  }

  /** Shows a commit as GitHub does: payload and signature apart. */
  private void show(String commit) throws Exception {
    scene.commits.id = git("rev-parse", commit).strip();
    String object = git("cat-file", "commit", commit);
    int begin = object.indexOf("gpgsig ");
    int end = object.indexOf('\n', object.indexOf("-----END SSH SIGNATURE-----")) + 1;
    scene.commits.signature =
        object.substring(begin + "gpgsig ".length(), end).replace("\n ", "\n").strip();
    scene.commits.payload =
        (object.substring(0, begin) + object.substring(end)).getBytes(StandardCharsets.UTF_8);
    Path packed = directory.resolve("packed.tar.gz");
    git("archive", "--format=tar.gz", "--prefix=acme-bot-1234567/", "-o", packed + "", commit);
    scene.commits.files = Files.readAllBytes(packed);
  }

  private String git(String... arguments) throws Exception {
    return run(work, join("git", arguments));
  }

  private static String[] join(String first, String... rest) {
    String[] all = new String[rest.length + 1];
    all[0] = first;
    System.arraycopy(rest, 0, all, 1, rest.length);
    return all;
  }

  private String run(Path where, String... command) throws IOException, InterruptedException {
    return new RealCommands(directory).run(where, command);
  }
}
