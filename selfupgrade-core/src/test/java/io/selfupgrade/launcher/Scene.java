package io.selfupgrade.launcher;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A launcher that works on real files and fake processes, tick by tick, and the agents that these
 * processes would be: they read one row of a database that never loses anything.
 */
final class Scene {
  static final String OLD = "1.0.0";
  static final String NEW = "1.1.0";
  static final UUID UPGRADE = new UUID(7, 7);
  static final UUID NEXT = new UUID(8, 8);

  private static final Duration LIMIT = Duration.ofMinutes(6);
  private static final int MOST_TICKS = 60;
  private static final Timings TIMINGS =
      new Timings(
          Duration.ZERO,
          Duration.ZERO,
          Duration.ZERO,
          Duration.ofSeconds(30),
          Duration.ZERO,
          Duration.ZERO,
          new Timings.Grace(Duration.ofSeconds(30), Duration.ofSeconds(5)));

  /** How far the row of the upgrade is. */
  enum Row {
    NONE,
    TRIAL,
    HANDED_OVER,
    CONFIRMED,
    BACK
  }

  final Home home;
  final FakeProcesses processes;
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Launcher launcher;
  private Row row;
  private Supervisor supervisor;
  private int interruptions;
  private int agentsTroubles;

  Scene(Path root, Disk disk, String boot, Row row) {
    this.home = Home.at(root, disk);
    this.processes = new FakeProcesses(boot);
    this.row = row;
    PrintStream out = new PrintStream(err, true, StandardCharsets.UTF_8);
    Clock clock = Clock.fixed(Instant.EPOCH, ZoneOffset.UTC);
    this.launcher = new Launcher(out, out, clock, TIMINGS, processes, disk);
  }

  /** Makes slots of both versions in a directory, to be linked to by homes. */
  static void makeSlots(Path versions) throws IOException {
    for (String version : List.of(OLD, NEW)) {
      Path slot = Files.createDirectories(versions.resolve(version));
      Files.writeString(slot.resolve("agent.jar"), "the program of " + version);
      Program program = new Program("agent.jar", "", List.of(), List.of(), List.of(), 0);
      new LaunchFile("agent", version, "", program, List.of(TestHome.slotFile(slot, "agent.jar")))
          .encode()
          .write(slot.resolve(LaunchFile.FILE_NAME));
    }
  }

  Row row() {
    return row;
  }

  /** What the launcher printed. */
  String printed() {
    return err.toString(StandardCharsets.UTF_8);
  }

  /** Starts a launcher; one that ran before is as if it were killed. */
  void begin() throws IOException {
    supervisor = null;
    home.disk().createDirectories(home.run());
    supervisor = launcher.begin(home, home.confirmedVersion().orElseThrow());
  }

  /** Starts a launcher, as often as it fails to, like systemd. */
  void beginUntilItRuns() throws IOException {
    for (int i = 0; supervisor == null; i++) {
      try {
        begin();
      } catch (IOException e) {
        // As main does.
        err.writeBytes(e.toString().getBytes(StandardCharsets.UTF_8));
        if (i > 3) {
          throw e;
        }
      }
    }
  }

  void tick() {
    boolean served = !processes.living().isEmpty();
    supervisor.tick();
    if (served && processes.living().isEmpty()) {
      interruptions++;
    }
  }

  /** Returns how often nothing ran any more. */
  int interruptions() {
    return interruptions;
  }

  /** Ticks until an instance has this role. */
  UUID await(Role role) throws IOException {
    for (int i = 0; i < MOST_TICKS && living(role).isEmpty(); i++) {
      tick();
    }
    return living(role).orElseThrow(() -> new AssertionError("no " + role));
  }

  /** Tells whether launcher or agent said that something went wrong. */
  boolean saidTrouble() throws IOException {
    return agentsTroubles > 0
        || !printed().isEmpty()
        || Journal.read(home, 0).stream()
            .anyMatch(
                entry ->
                    entry.event().equals("TROUBLE") || entry.detail().contains("not attested"));
  }

  /** Ticks, and lets the agents do what they do after each. */
  void settle() throws IOException {
    for (int i = 0; i < MOST_TICKS; i++) {
      tick();
      if (!agentsAct() && i > 2) {
        tick();
        return;
      }
    }
    throw new AssertionError("no end of it: " + row + "\n" + story());
  }

  /** The database's side of a start of agents, and what they tell the launcher about it. */
  private boolean agentsAct() throws IOException {
    Optional<UUID> current = living(Role.CURRENT);
    Optional<UUID> candidate = living(Role.CANDIDATE);
    if (row == Row.TRIAL && current.isPresent()) {
      // A new primary ends it; the row says so before the launcher hears it.
      row = Row.BACK;
    } else if (row == Row.HANDED_OVER && candidate.isPresent()) {
      row = Row.CONFIRMED;
    } else if (row == Row.HANDED_OVER && current.isPresent()) {
      row = Row.BACK;
    }
    boolean told = false;
    if (Candidate.read(home).isPresent()) {
      RequestKind kind = row == Row.CONFIRMED ? RequestKind.CONFIRMED : RequestKind.DROPPED;
      for (FakeProcesses.Fake one : processes.living()) {
        told |= tell(one.instance, kind, 9);
      }
    }
    return told;
  }

  /** Asks for a candidate in the place of the instance. */
  void tellAlone(UUID instance, long epoch) throws IOException {
    tell(instance, RequestKind.TRY, StateFile.empty().with("alone", NEXT.toString()), epoch);
  }

  /** Writes a request of an instance, once; a write that fails is repeated. */
  boolean tell(UUID instance, RequestKind kind, long epoch) throws IOException {
    return tell(instance, kind, StateFile.empty(), epoch);
  }

  private boolean tell(UUID instance, RequestKind kind, StateFile more, long epoch)
      throws IOException {
    RunDirectory run = home.run(instance);
    if (Files.exists(run.request(kind))) {
      return false;
    }
    StateFile state =
        more.with("upgrade", UPGRADE.toString())
            .with("epoch", epoch)
            .with("version", NEW)
            .with("limitMillis", LIMIT.toMillis());
    try {
      state.write(home.disk(), run.request(kind));
    } catch (IOException e) {
      // As AdapterException says: to be tried again.
      agentsTroubles++;
      state.write(home.disk(), run.request(kind));
    }
    return true;
  }

  void moveTo(Row next) {
    row = next;
  }

  /** Returns the living instance that has this role, by the launcher's own record. */
  Optional<UUID> living(Role role) throws IOException {
    for (FakeProcesses.Fake one : processes.living()) {
      if (ChildRecord.read(home.run(one.instance)).filter(r -> r.role() == role).isPresent()) {
        return Optional.of(one.instance);
      }
    }
    return Optional.empty();
  }

  String story() throws IOException {
    StringBuilder story = new StringBuilder("row " + row + ", printed: " + printed() + "\n");
    Journal.read(home, 0).forEach(entry -> story.append(entry.encode()));
    return story.toString();
  }
}
