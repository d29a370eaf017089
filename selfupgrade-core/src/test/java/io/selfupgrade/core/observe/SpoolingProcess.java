package io.selfupgrade.core.observe;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.observe.LogLevel;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryStore;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A process that logs without end while its store is away, and says how much is in its spool. */
final class SpoolingProcess {

  private SpoolingProcess() {}

  /** Takes the spool's directory and the agent's name. */
  public static void main(String[] args) throws InterruptedException {
    FaultyStore store = FaultyStore.around(new InMemoryStore(Clock.systemUTC()));
    store.goAway();
    InstanceRecord self =
        new InstanceRecord(
            InstanceId.random(),
            new AgentName(args[1]),
            Version.parse("1.0.0"),
            "",
            Optional.empty(),
            false,
            "test");
    ObserveEngine engine =
        new ObserveEngine(
            store,
            self,
            new ObserveSettings(
                new ObserveSettings.Checks(Map.of(), Map.of(), Map.of()),
                Optional.empty(),
                List.of(),
                ObserveSettings.Room.DEFAULT,
                Optional.of(Path.of(args[0])),
                Path.of(args[0]).getParent(),
                ObserveSettings.Pace.DEFAULT),
            new Alone(),
            Clock.systemUTC());
    engine.start();
    for (int i = 0; ; i++) {
      engine.logEvent(LogLevel.INFO, "event " + i, Map.of("n", i));
      if (i % 50 == 0) {
        // In one level events are spooled in their order: the first so many are safe.
        System.out.println(engine.metrics().logs().spooled());
      }
      while (engine.metrics().logs().waiting() > 5_000) {
        Thread.onSpinWait();
      }
    }
  }
}
