package io.selfupgrade.supabase.embedded;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * As whom the server runs. Postgres refuses root, so root starts it in a user namespace in which it
 * is nobody, or else as the user nobody.
 *
 * @param prefix what stands before each command
 * @param uid who owns the files, as seen from here
 */
record ServerAccount(List<String> prefix, int uid) {

  private static final int ROOT = 0;
  private static final int NOBODY = 65_534;
  private static final Pattern EFFECTIVE_UID = Pattern.compile("(?m)^Uid:\\s+\\d+\\s+(\\d+)");
  private static final List<String> NAMESPACE = List.of("unshare", "-U");
  private static final List<String> SET_PRIVILEGES =
      List.of(
          "setpriv",
          "--reuid",
          String.valueOf(NOBODY),
          "--regid",
          String.valueOf(NOBODY),
          "--clear-groups");

  /**
   * Finds the account that can run the server of that directory, and gives the directory to it.
   *
   * @throws io.selfupgrade.agent.ConfigurationException if there is none, with what was tried
   */
  static ServerAccount choose(
      ServerDirectory directory, boolean userNamespaces, Deadline deadline) {
    try {
      int own = ownUid(directory);
      int owner = directory.hasData() ? ServerDirectory.ownerOf(directory.data()) : own;
      if (owner != own && (own != ROOT || owner != NOBODY)) {
        throw foreign(directory, own, owner);
      }
      if (own != ROOT) {
        return forUser(directory, own, deadline);
      }
      if (!Platform.current().linux()) {
        throw Trouble.misconfigured(
            "Postgres refuses to run as root: start this program as an ordinary user");
      }
      return forRoot(directory, userNamespaces && owner == ROOT, deadline);
    } catch (IOException e) {
      throw Trouble.failed("cannot find or change the owner of " + directory.data(), e);
    }
  }

  private static RuntimeException foreign(ServerDirectory directory, int own, int owner) {
    return Trouble.misconfigured(
        directory.data()
            + " belongs to the user with id "
            + owner
            + ", and this process is "
            + own
            + ": start it as that user, or give the directory away with chown -R "
            + own
            + " "
            + directory.root());
  }

  /** initdb insists on a user with a name, which containers with made-up ids do not have. */
  private static ServerAccount forUser(ServerDirectory directory, int own, Deadline deadline) {
    Command.Result entered = new Command.Result(0, "");
    for (List<String> prefix : List.of(List.<String>of(), NAMESPACE)) {
      ServerAccount account = new ServerAccount(prefix, own);
      entered = account.enter(directory, deadline);
      if (entered.succeeded()) {
        return account;
      }
    }
    throw Trouble.misconfigured(
        "Postgres refuses a user without a name, and the user with id "
            + own
            + " has none: add a line for it to /etc/passwd (a user namespace was tried as well: "
            + entered.output()
            + ")");
  }

  private static ServerAccount forRoot(
      ServerDirectory directory, boolean userNamespaces, Deadline deadline) throws IOException {
    String namespaceProblem = "not tried, the data belongs to nobody";
    if (userNamespaces) {
      ServerAccount inNamespace = new ServerAccount(NAMESPACE, ROOT);
      Command.Result entered = inNamespace.enter(directory, deadline);
      if (entered.succeeded()) {
        return inNamespace;
      }
      namespaceProblem = entered.output();
    }
    ServerAccount nobody = new ServerAccount(SET_PRIVILEGES, NOBODY);
    if (ServerDirectory.ownerOf(directory.root()) == ROOT) {
      own(directory.root(), NOBODY);
    }
    Command.Result entered = nobody.enter(directory, deadline);
    if (entered.succeeded()) {
      nobody.ownAll(directory);
      return nobody;
    }
    throw Trouble.misconfigured(
        "Postgres refuses to run as root. Tried to run it in a user namespace (unshare -U: "
            + namespaceProblem
            + ") and as user "
            + NOBODY
            + " (setpriv: "
            + entered.output()
            + "). Start this program as an ordinary user, or install util-linux and use a directory"
            + " whose parents everybody may pass instead of "
            + directory.root());
  }

  private Command.Result enter(ServerDirectory directory, Deadline deadline) {
    return Command.run(
        directory.root(),
        command(
            "sh",
            "-c",
            "cd \"$0\" && test \"$(id -u)\" != 0 && id -un",
            directory.root().toString()),
        deadline);
  }

  private void ownAll(ServerDirectory directory) throws IOException {
    if (!directory.hasData()) {
      return;
    }
    List<Path> files = new ArrayList<>();
    try (Stream<Path> tree = Files.walk(directory.data())) {
      tree.forEach(files::add);
    }
    for (Path file : files) {
      own(file);
    }
  }

  /** Gives a file that we made to the server. */
  void own(Path path) throws IOException {
    if (ServerDirectory.ownerOf(path) != uid) {
      own(path, uid);
    }
  }

  private static void own(Path path, int uid) throws IOException {
    Files.setAttribute(path, "unix:uid", uid, NOFOLLOW_LINKS);
  }

  List<String> command(String... words) {
    return command(List.of(words));
  }

  List<String> command(List<String> words) {
    return Stream.concat(prefix.stream(), words.stream()).toList();
  }

  /** The user of this process: on Linux from the kernel, elsewhere the owner of a file it makes. */
  private static int ownUid(ServerDirectory directory) throws IOException {
    String status = ServerDirectory.readNative(Path.of("/proc/self/status"));
    if (status != null) {
      Matcher effective = EFFECTIVE_UID.matcher(status);
      if (effective.find()) {
        return Integer.parseInt(effective.group(1));
      }
    }
    Path made = Files.createFile(directory.temporary("owner"));
    try {
      return ServerDirectory.ownerOf(made);
    } finally {
      Files.delete(made);
    }
  }
}
