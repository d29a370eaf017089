package io.selfupgrade.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.launcher.Scene.Row;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Lets the power fail at each effect of a launcher and its agents, and starts a launcher on each
 * state that this may leave: on all of them with {@code -Dlong}, else on a part of each script's.
 * {@code -Dpowerloss.seed=S} repeats a run.
 */
class PowerLossTest {
  private static final int AT_LEAST = 10_000;
  private static final int STRIDE = System.getProperty("long") == null ? 12 : 1;
  private static final Set<String> ONCE =
      Set.of("TRIAL", "HANDED_OVER", "CONFIRMED", "DROPPED", "POINTED", "TRIAL_ENDED");

  private Scratch scratch;
  private Path directory;
  private Path versions;
  private final AtomicInteger number = new AtomicInteger();
  private final long seed = Long.getLong("powerloss.seed", System.nanoTime());
  private final Random random = new Random(seed);

  @BeforeEach
  void slots() throws IOException {
    scratch = new Scratch();
    directory = scratch.directory();
    versions = directory.resolve("slots");
    Scene.makeSlots(versions);
  }

  @AfterEach
  void clearAway() throws IOException {
    scratch.close();
  }

  /** An effect, and how far the database was then. */
  private record Recorded(Effect effect, Row row) {}

  /** What a power loss has left, and how far the database is. */
  private record State(Map<String, byte[]> tree, Row row, String after) {
    Path put(Path root, Path versions) throws IOException {
      Files.createDirectories(root);
      Files.createSymbolicLink(root.resolve("versions"), versions);
      for (Map.Entry<String, byte[]> entry : tree.entrySet()) {
        Path path = root.resolve(entry.getKey());
        if (entry.getValue() == null) {
          Files.createDirectory(path);
        } else {
          Files.write(path, entry.getValue());
        }
      }
      return root;
    }

    String key() {
      StringBuilder key = new StringBuilder(row.name());
      tree.forEach(
          (path, content) ->
              key.append('|')
                  .append(path)
                  .append(content == null ? "" : ByteBuffer.wrap(content).hashCode())
                  .append(content == null ? "" : ":" + content.length));
      return key.toString();
    }
  }

  @Test
  void aTrustedVersionRunsAfterEachPowerLoss() throws IOException {
    System.out.println("powerloss.seed=" + seed);
    List<String> table = new ArrayList<>();
    Queue<String> failures = new ConcurrentLinkedQueue<>();
    int all = 0;
    int tried = 0;
    for (Script script : Script.values()) {
      long startNanos = System.nanoTime();
      List<Recorded> recording = record(script);
      List<State> states = states(recording, effect -> true);
      List<State> part = part(states);
      Queue<String> found = recover(part);
      failures.addAll(found);
      all += states.size();
      tried += part.size();
      table.add(
          String.format(
              "%-10s %4d effects %6d states %4d failures %6d ms",
              script,
              recording.size(),
              states.size(),
              found.size(),
              (System.nanoTime() - startNanos) / 1_000_000));
    }
    System.out.println("Power loss, launcher and agents' files:");
    table.forEach(System.out::println);
    System.out.println(
        "all: " + all + " states, " + tried + " tried, " + failures.size() + " failures");

    assertThat(failures.stream().limit(5)).isEmpty();
    assertThat(all).isGreaterThanOrEqualTo(AT_LEAST);
  }

  private List<State> part(List<State> states) {
    int first = random.nextInt(STRIDE);
    return IntStream.range(0, states.size())
        .filter(state -> state % STRIDE == first)
        .mapToObj(states::get)
        .toList();
  }

  /** That the model can find anything: without its forces the same launcher does lose things. */
  @Test
  void aLauncherThatForgetsToForceIsFound() throws IOException {
    List<Recorded> recording = record(Script.UPGRADE);
    List<State> states = states(recording, effect -> effect.kind() != Effect.Kind.FORCE);

    assertThat(recover(states.stream().filter(PowerLossTest::hasAnEmptyRecord).limit(50).toList()))
        .isNotEmpty();
  }

  private static boolean hasAnEmptyRecord(State state) {
    byte[] candidate = state.tree().get("candidate");
    return candidate != null && candidate.length == 0;
  }

  private List<Recorded> record(Script script) throws IOException {
    Path root = new State(Map.of(), Row.NONE, "").put(next(), versions);
    Home.at(root, new UnforcedDisk()).confirm(Scene.OLD);
    List<Recorded> recording = new ArrayList<>();
    Scene[] scene = new Scene[1];
    Disk disk =
        new WatchedDisk(new UnforcedDisk()) {
          @Override
          protected void effect(Effect effect, Step step) throws IOException {
            step.run();
            recording.add(new Recorded(relative(root, effect), scene[0].row()));
          }
        };
    scene[0] = new Scene(root, disk, "before", Row.NONE);
    scene[0].begin();
    script.play(scene[0]);
    return recording;
  }

  /** The recording's home has another place than those that are made of it. */
  private static Effect relative(Path root, Effect effect) {
    return new Effect(
        effect.kind(),
        Path.of("/home").resolve(root.relativize(effect.path())),
        Path.of("/home").resolve(root.relativize(effect.to())),
        effect.content(),
        effect.length());
  }

  private List<State> states(List<Recorded> recording, Predicate<Effect> works) {
    CrashStates model = new CrashStates(Path.of("/home"), random);
    model.apply(
        Effect.of(
            Effect.Kind.CREATE,
            Path.of("/home/current"),
            (Scene.OLD + "\n").getBytes(StandardCharsets.UTF_8)));
    model.forceAll();
    Map<String, State> states = new HashMap<>();
    for (int i = 0; i < recording.size(); i++) {
      Recorded one = recording.get(i);
      String after = i + ": " + one.effect().name(Path.of("/home"));
      if (works.test(one.effect())) {
        model.apply(one.effect());
      }
      model.forEach(
          true,
          tree -> {
            State state = new State(tree, one.row(), after);
            states.putIfAbsent(state.key(), state);
          });
    }
    return List.copyOf(states.values());
  }

  private Queue<String> recover(List<State> states) {
    Queue<String> failures = new ConcurrentLinkedQueue<>();
    states.parallelStream()
        .forEach(
            state -> {
              try {
                Path root = state.put(next(), versions);
                recover(state, root);
                Scratch.delete(root);
              } catch (IOException | RuntimeException | AssertionError e) {
                failures.add("after " + state.after() + ", row " + state.row() + ": " + e);
              }
            });
    return failures;
  }

  private static void recover(State state, Path root) throws IOException {
    Scene scene = new Scene(root, new UnforcedDisk(), "after", state.row());
    scene.begin();
    scene.settle();
    String runs = scene.row() == Row.CONFIRMED ? Scene.NEW : Scene.OLD;
    List<FakeProcesses.Fake> living = scene.processes.living();
    if (living.size() != 1
        || !living.get(0).version.equals(runs)
        || !scene.living(Role.CURRENT).equals(Optional.of(living.get(0).instance))
        || !scene.home.confirmedVersion().equals(Optional.of(runs))
        || Files.exists(scene.home.candidate())
        || scene.processes.started().size() > 2) {
      throw new AssertionError("not as it should be: " + scene.story());
    }
    Set<String> events = new HashSet<>();
    for (JournalEntry entry : Journal.read(scene.home, 0)) {
      boolean again = ONCE.contains(entry.event()) && !events.add(entry.event());
      if (again || entry.event().equals("TROUBLE")) {
        throw new AssertionError(entry.event() + ": " + scene.story());
      }
    }
    scene.begin();
    scene.tick();
    scene.tick();
    if (!scene.processes.living().equals(living)
        || !scene.home.confirmedVersion().equals(Optional.of(runs))) {
      throw new AssertionError("not at rest: " + scene.story());
    }
  }

  private Path next() {
    return directory.resolve("home" + number.incrementAndGet());
  }
}
