package io.selfupgrade.world;

import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * Plays scenes in several worlds at once, one after the other in each of them.
 *
 * <p>All scenes are played: after a failure the rest goes on in a new world.
 *
 * @param <T> a scene; its text names it
 */
final class Campaign<T> {

  private final Path directory;
  private final EmbeddedPostgres server;
  private final String[] args;
  private final Scene<T> scene;
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final AtomicInteger worlds = new AtomicInteger();

  /** What is done in a world. */
  @FunctionalInterface
  interface Scene<T> {
    void play(Siege siege, T item) throws Exception;
  }

  /**
   * Describes a campaign.
   *
   * @param args of the first agent of each world
   */
  Campaign(Path directory, EmbeddedPostgres server, Scene<T> scene, String... args) {
    this.directory = directory;
    this.server = server;
    this.scene = scene;
    this.args = args.clone();
  }

  /** Returns the scenes that this run plays: those of {@code -Dworlds.part=K/N}, or all. */
  static <T> List<T> part(List<T> scenes) {
    String[] part = System.getProperty("worlds.part", "1/1").split("/", 2);
    int step = Integer.parseInt(part[1]);
    return IntStream.iterate(
            Integer.parseInt(part[0]) - 1, scene -> scene < scenes.size(), scene -> scene + step)
        .mapToObj(scenes::get)
        .toList();
  }

  /** Plays all scenes and returns the failures, each with its scene and where it failed. */
  List<String> play(Collection<T> scenes, int worldsAtOnce) throws Exception {
    Queue<T> waiting = new ConcurrentLinkedQueue<>(scenes);
    int players = Math.max(1, Math.min(worldsAtOnce, scenes.size()));
    ExecutorService threads = Executors.newFixedThreadPool(players);
    try {
      Callable<Void> player =
          () -> {
            play(waiting);
            return null;
          };
      for (Future<Void> end : threads.invokeAll(Collections.nCopies(players, player))) {
        end.get();
      }
    } finally {
      threads.shutdownNow();
    }
    return List.copyOf(failures);
  }

  private void play(Queue<T> waiting) {
    while (!waiting.isEmpty()) {
      T item = null;
      Path home = directory.resolve("world" + worlds.incrementAndGet());
      try (Siege siege = new Siege(home, server, args)) {
        for (item = waiting.poll(); item != null; item = waiting.poll()) {
          scene.play(siege, item);
        }
      } catch (Exception | AssertionError e) {
        // All scenes are played, and all failures told.
        StringWriter text = new StringWriter();
        e.printStackTrace(new PrintWriter(text));
        failures.add(item + ": " + text);
        if (item == null) {
          return; // No world comes up: another one would not either.
        }
      }
    }
  }
}
