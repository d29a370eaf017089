package io.selfupgrade.github;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selfupgrade.core.commit.RealCommands;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Manifest;

/** A repository on this machine, made by Git, with commits that ssh-keygen signs. */
final class SignedRepository {

  private final Path directory;
  private final Path work;

  SignedRepository(Path directory) throws Exception {
    this.directory = directory;
    this.work = Files.createDirectory(directory.resolve("work"));
    git("init", "--quiet", "--initial-branch=main");
    git("config", "gpg.format", "ssh");
  }

  /** Makes a key and returns the file with its public half. */
  Path key(String name) throws Exception {
    Path key = directory.resolve(name);
    run(directory, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", key + "");
    return Path.of(key + ".pub");
  }

  /** Puts an agent there whose build packs this test's classes. */
  void agent(Manifest manifest) throws Exception {
    Files.writeString(
        work.resolve("build.sh"),
        "set -e\nmkdir target\n"
            + "\"$JAVA_HOME/bin/jar\" --create --file target/bot.jar --manifest manifest.txt\n");
    try (OutputStream out = Files.newOutputStream(work.resolve("manifest.txt"))) {
      manifest.write(out);
    }
  }

  /** Commits a version, signed by a key or by nobody, and returns the commit's id. */
  String commit(String version, Path... publicKey) throws Exception {
    Files.writeString(work.resolve("VERSION"), version + "\n");
    git("add", "-A");
    List<String> words = new ArrayList<>(List.of("commit", "--quiet", "-m", version));
    if (publicKey.length > 0) {
      git("config", "user.signingkey", publicKey[0].toString());
      words.add("-S");
    }
    git(words.toArray(String[]::new));
    return git("rev-parse", "HEAD").strip();
  }

  /** Returns what GitHub says of a commit; that it has verified it, whoever signed it. */
  ObjectNode shown(String commit) throws Exception {
    String object = git("cat-file", "commit", commit);
    int begin = object.indexOf("gpgsig ");
    ObjectNode verification = Samples.of("git-commit").withObject("/verification");
    verification.put("verified", true).put("reason", "valid");
    if (begin >= 0) {
      int end = object.indexOf('\n', object.indexOf("-----END SSH SIGNATURE-----")) + 1;
      String header = object.substring(begin + "gpgsig ".length(), end);
      verification.put("signature", header.replace("\n ", "\n").strip());
      verification.put("payload", object.substring(0, begin) + object.substring(end));
    }
    ObjectNode shown = Samples.of("git-commit").put("sha", commit);
    shown.set("verification", verification);
    return shown;
  }

  /** Returns its files as GitHub packs them. */
  byte[] files(String commit) throws Exception {
    Path packed = directory.resolve("packed.tar.gz");
    git("archive", "--format=tar.gz", "--prefix=acme-bot-1234567/", "-o", packed + "", commit);
    return Files.readAllBytes(packed);
  }

  private String git(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("git"));
    command.addAll(List.of(arguments));
    return run(work, command.toArray(String[]::new));
  }

  private String run(Path where, String... command) throws IOException, InterruptedException {
    return new RealCommands(directory).run(where, command);
  }
}
