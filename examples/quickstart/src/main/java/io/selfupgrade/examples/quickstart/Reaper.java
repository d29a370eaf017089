package io.selfupgrade.examples.quickstart;

import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A process that outlives the quickstart and leaves nothing of it behind.
 *
 * <p>It holds a pipe whose other end is the quickstart's. When that ends, even by {@code kill -9},
 * it stops the launcher with all that it runs, stops the database server, and removes the directory
 * (which stays if the quickstart wrote a {@code k} into the pipe).
 */
final class Reaper {

  static final int KEEP = 'k';

  private static final Duration LONGEST_STOP = Duration.ofSeconds(60);
  private static final Duration LONGEST_REMOVAL = Duration.ofSeconds(10);

  private final Stage.Places places;

  private Reaper(Stage.Places places) {
    this.places = places;
  }

  /** Waits for the end of the quickstart, then cleans up; exits with 0 if nothing is left. */
  public static void main(String[] args) throws IOException {
    Reaper reaper = new Reaper(new Stage.Places(Path.of(args[0])));
    int seen = System.in.read();
    boolean keep = false;
    while (seen >= 0) {
      keep |= seen == KEEP;
      seen = System.in.read();
    }
    System.exit(reaper.clean(keep) ? 0 : 1);
  }

  private boolean clean(boolean keep) {
    boolean stopped = attempt("the launcher", this::stopLauncher);
    stopped &= attempt("the database server", () -> EmbeddedPostgres.stop(places.postgres()));
    return stopped && (keep || attempt("the directory", this::remove));
  }

  private void stopLauncher() throws IOException, InterruptedException {
    if (!Files.isDirectory(places.home())) {
      return;
    }
    Process stop =
        new ProcessBuilder(
                Programs.java(
                    "-jar", places.launcher().toString(), "stop", places.home().toString()))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(places.log().toFile()))
            .start();
    if (!stop.waitFor(LONGEST_STOP.toMillis(), TimeUnit.MILLISECONDS)) {
      stop.destroyForcibly();
      throw new IOException("launcher stop did not end within " + LONGEST_STOP);
    }
    if (stop.exitValue() != 0) {
      throw new IOException(
          "launcher stop ended with " + stop.exitValue() + ": see " + places.log());
    }
  }

  /** Removes everything; a process that has just ended may still have written a last file. */
  private void remove() throws IOException {
    long end = System.nanoTime() + LONGEST_REMOVAL.toNanos();
    while (Files.exists(places.root())) {
      try {
        Files.walkFileTree(places.root(), new Removal());
      } catch (DirectoryNotEmptyException | NoSuchFileException e) {
        if (System.nanoTime() - end >= 0) {
          throw e;
        }
        LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
      }
    }
  }

  private boolean attempt(String what, Step step) {
    try {
      step.run();
      return true;
    } catch (IOException | RuntimeException e) {
      System.err.println("could not clear away " + what + " of " + places.root() + ": " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      System.err.println("interrupted while clearing away " + what + " of " + places.root());
    }
    return false;
  }

  @FunctionalInterface
  private interface Step {
    void run() throws IOException, InterruptedException;
  }

  private static final class Removal extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
      // Slots are read-only.
      directory.toFile().setWritable(true);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      Files.delete(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path directory, IOException failure)
        throws IOException {
      if (failure != null) {
        throw failure;
      }
      Files.delete(directory);
      return FileVisitResult.CONTINUE;
    }
  }
}
