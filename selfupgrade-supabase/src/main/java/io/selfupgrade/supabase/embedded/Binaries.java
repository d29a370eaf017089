package io.selfupgrade.supabase.embedded;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The unpacked programs of Postgres.
 *
 * @param home the directory that holds {@code bin}, {@code lib} and {@code share}
 * @param version such as {@code 17.11}
 */
record Binaries(Path home, String version) {

  private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) (\\d+[.\\w]*)");

  /** Unpacks the archive of the class path once; other versions that lie here are removed. */
  static Binaries install(ServerDirectory directory, Deadline deadline) {
    Platform platform = Platform.current();
    URL archive = find(platform);
    try {
      Path home = directory.binaries(digest(archive));
      if (!Files.isDirectory(home)) {
        unpack(directory, platform, archive, home, deadline);
        removeOthers(directory, home);
      }
      String version = ServerDirectory.read(home.resolve("version"));
      if (version == null) {
        throw Trouble.misconfigured(home + " is incomplete: delete it");
      }
      return new Binaries(home, version);
    } catch (IOException e) {
      throw Trouble.failed(
          "cannot unpack " + archive + " into " + directory.root() + " (60 MB; is the disk full?)",
          e);
    }
  }

  int major() {
    return Integer.parseInt(version.split("\\D", 2)[0]);
  }

  String program(String name) {
    return home.resolve("bin").resolve(name).toString();
  }

  private static URL find(Platform platform) {
    URL found = find(Binaries.class.getClassLoader(), platform);
    if (found == null) {
      found = find(Thread.currentThread().getContextClassLoader(), platform);
    }
    if (found == null) {
      throw Trouble.misconfigured(
          "the class path has no "
              + platform.resource()
              + ", the Postgres of this platform; add"
              + platform.binariesDependency()
              + Platform.unpackingDependencies());
    }
    return found;
  }

  private static @Nullable URL find(@Nullable ClassLoader loader, Platform platform) {
    return loader == null ? null : loader.getResource(platform.resource());
  }

  private static String digest(URL archive) throws IOException {
    try (InputStream in = archive.openStream()) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[1 << 16];
      int read = in.read(buffer);
      while (read >= 0) {
        digest.update(buffer, 0, read);
        read = in.read(buffer);
      }
      return HexFormat.of().formatHex(digest.digest()).substring(0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  private static void unpack(
      ServerDirectory directory, Platform platform, URL archive, Path home, Deadline deadline)
      throws IOException {
    Path unpacking = directory.temporary("binaries");
    try (InputStream in = archive.openStream()) {
      Archive.unpack(in, unpacking);
      String version = askVersion(directory, platform, unpacking, deadline);
      Files.writeString(unpacking.resolve("version"), version);
      ServerDirectory.sync(unpacking.resolve("version"));
      ServerDirectory.sync(unpacking);
      Files.move(unpacking, home, ATOMIC_MOVE);
      ServerDirectory.sync(directory.root());
    } catch (NoClassDefFoundError e) {
      throw Trouble.misconfigured(
          "the class path lacks what unpacks the Postgres binaries, or has an older version of it ("
              + e.getMessage()
              + "); it takes"
              + Platform.unpackingDependencies());
    } finally {
      ServerDirectory.deleteTree(unpacking);
    }
  }

  private static void removeOthers(ServerDirectory directory, Path home) throws IOException {
    for (Path other : directory.entries("pgsql-*")) {
      if (!other.equals(home)) {
        ServerDirectory.deleteTree(other);
      }
    }
  }

  private static String askVersion(
      ServerDirectory directory, Platform platform, Path unpacked, Deadline deadline)
      throws IOException {
    List<String> question = List.of(unpacked.resolve("bin/postgres").toString(), "--version");
    Command.Result answer = Command.run(directory.root(), question, deadline);
    Matcher version = VERSION.matcher(answer.output());
    if (!answer.succeeded() || !version.find()) {
      throw Trouble.misconfigured(
          "the Postgres of "
              + platform.artifact()
              + " does not run on this machine: exit code "
              + answer.exitCode()
              + ", "
              + answer.output()
              + (runsOnMusl(platform)
                  ? ". This is a musl system (Alpine) and the binaries need glibc: use a glibc"
                      + " image, or PostgresStore.at(url)"
                  : ""));
    }
    return version.group(1);
  }

  private static boolean runsOnMusl(Platform platform) throws IOException {
    Path maps = Path.of("/proc/self/maps");
    return platform.linux()
        && Files.isReadable(maps)
        && Files.readString(maps).contains("/ld-musl-");
  }
}
