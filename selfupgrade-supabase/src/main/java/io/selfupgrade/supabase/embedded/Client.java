package io.selfupgrade.supabase.embedded;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.UUID;

/**
 * One user of the server: a file in {@code clients/}, exclusively locked for as long as it lives.
 *
 * <p>A client that dies by kill leaves its file, but not the lock. The name begins with process id
 * and start time, because a process must never open the files of its own clients: closing them
 * would drop their locks. All methods need the directory's lock.
 */
final class Client {

  private final Path file;
  private final FileChannel channel;

  private Client(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  static Client join(ServerDirectory directory) {
    Path file = directory.clients().resolve(ownPrefix() + UUID.randomUUID() + ".lock");
    try {
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      if (channel.tryLock() == null) {
        channel.close();
        throw new IOException(file + " is locked by somebody else");
      }
      return new Client(file, channel);
    } catch (IOException e) {
      throw Trouble.failed("cannot register a client in " + directory.clients(), e);
    }
  }

  void leave() {
    try {
      Files.deleteIfExists(file);
      channel.close();
    } catch (IOException e) {
      throw Trouble.failed("cannot remove " + file, e);
    }
  }

  /** Whether anybody uses the server; removes the files of clients that are dead. */
  static boolean anyAlive(ServerDirectory directory) {
    String own = ownPrefix();
    boolean alive = false;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory.clients(), "*.lock")) {
      for (Path file : files) {
        alive |= file.getFileName().toString().startsWith(own) || !removeIfDead(file);
      }
    } catch (IOException e) {
      throw Trouble.failed("cannot look through " + directory.clients(), e);
    }
    return alive;
  }

  private static boolean removeIfDead(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      if (channel.tryLock() == null) {
        return false;
      }
      Files.delete(file);
      return true;
    } catch (OverlappingFileLockException e) {
      return false;
    } catch (NoSuchFileException e) {
      return true;
    }
  }

  private static String ownPrefix() {
    ProcessHandle own = ProcessHandle.current();
    long startMillis = own.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    return own.pid() + "-" + startMillis + "-";
  }
}
