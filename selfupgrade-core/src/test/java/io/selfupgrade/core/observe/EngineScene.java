package io.selfupgrade.core.observe;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.failover.Acquisition;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.TakeOver;
import io.selfupgrade.observe.HealthProbe;
import io.selfupgrade.observe.Notifier;
import io.selfupgrade.store.AgentStore;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An engine of a test's own, and an instance that may lead. */
final class EngineScene implements AutoCloseable {

  final InstanceRecord self =
      new InstanceRecord(
          InstanceId.random(),
          new AgentName("observed"),
          Version.parse("1.0.0"),
          "",
          Optional.empty(),
          false,
          "test");
  final Map<String, HealthProbe> criticalPaths = new LinkedHashMap<>();
  Optional<ObserveSettings.Releases> releases = Optional.empty();
  final Alone alone = new Alone();
  private final AgentStore store;
  private final List<ObserveEngine> engines = new ArrayList<>();

  EngineScene(AgentStore store) {
    this.store = store;
    store.open(AgentStore.SchemaMode.APPLY);
  }

  void lead() {
    store.instances().register(self);
    Acquisition acquired =
        store.leadership().acquire(self, new TakeOver.Expired(), Duration.ofMinutes(5));
    alone.fence = Optional.of(((Acquisition.Acquired) acquired).fence());
  }

  ObserveEngine engine(Optional<Path> spool) {
    return engine(spool, Map.of(), List.of(), ObserveSettings.Pace.DEFAULT.giveUpAfter());
  }

  ObserveEngine engine(
      Optional<Path> spool,
      Map<String, HealthProbe> probes,
      List<Notifier> notifiers,
      Duration giveUpAfter) {
    ObserveEngine engine =
        new ObserveEngine(
            store,
            self,
            new ObserveSettings(
                new ObserveSettings.Checks(probes, Map.of(), criticalPaths),
                releases,
                notifiers,
                ObserveSettings.Room.DEFAULT,
                spool,
                Path.of("").toAbsolutePath(),
                new ObserveSettings.Pace(
                    Duration.ofMillis(20), Duration.ofMillis(50), giveUpAfter)),
            alone,
            Clock.systemUTC());
    engines.add(engine);
    return engine;
  }

  @Override
  public void close() {
    engines.forEach(ObserveEngine::close);
  }
}
