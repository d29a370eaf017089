package io.selfupgrade.core.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.control.JobStore;
import io.selfupgrade.control.JobStore.Job;
import io.selfupgrade.control.JobStore.Runner;
import io.selfupgrade.observe.Delivery;
import io.selfupgrade.observe.HealthReport.Finding;
import io.selfupgrade.observe.HealthStatus;
import io.selfupgrade.observe.Notification;
import io.selfupgrade.observe.Notifier;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.InMemoryStore;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The half of the mutual watch that the agent keeps. */
class JobWatchTest {

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Duration EVERY = Duration.ofMinutes(5);

  private final Table jobs = new Table();
  private final AgentStore store = withJobs(new InMemoryStore(Clock.systemUTC()), jobs);
  private final EngineScene scene = new EngineScene(store);
  private final BlockingQueue<Notification> heard = new LinkedBlockingQueue<>();

  @AfterEach
  void close() {
    scene.close();
  }

  @Test
  void aJobOfTheDatabaseThatStoppedIsAFindingAndIsToldOnce() throws Exception {
    scene.lead();
    jobs.now = List.of(job(Duration.ofMinutes(4), 7));
    ObserveEngine one = start();
    assertThat(finding(one).status()).isEqualTo(HealthStatus.UP);

    jobs.now = List.of(job(Duration.ofMinutes(16), 7));
    ObserveEngine two = start();

    Notification told = heard.poll(20, TimeUnit.SECONDS);
    assertThat(told.title())
        .isEqualTo("observed: The job agent-health-check does not run any more");
    assertThat(told.text()).contains("every PT5M", "did not for PT16M", "1 agents");
    assertThat(finding(two).status()).isEqualTo(HealthStatus.DEGRADED);
    assertThat(finding(two).remedy()).contains("cron.job_run_details");

    jobs.now = List.of(job(Duration.ofSeconds(1), 8));
    int asked = jobs.asked.get();
    Eventually.holds("both have seen that it runs", SOON, () -> jobs.asked.get() > asked + 4);
    jobs.now = List.of(job(Duration.ofMinutes(16), 8));
    assertThat(heard.poll(20, TimeUnit.SECONDS).key())
        .isEqualTo("job-stopped:agent-health-check:8");
    assertThat(store.outbox().newest(scene.self.agent(), 10)).hasSize(2);
  }

  @Test
  void whatNobodyOrThePrimariesRunIsNoAlarm() throws Exception {
    jobs.now =
        List.of(
            new Job("a", Runner.NOBODY, EVERY, Duration.ofDays(3), 1, Optional.empty()),
            new Job("b", Runner.AGENT, EVERY, Duration.ofDays(3), 1, Optional.empty()));

    assertThat(finding(scene.engine(Optional.empty())).status()).isEqualTo(HealthStatus.UP);
  }

  @Test
  void aPrimaryDeclaresHowItIsWatchedAndRunsWhatIsDue() {
    scene.lead();
    start();

    Eventually.holds("the jobs are run", SOON, () -> jobs.ran.get() > 2);

    assertThat(jobs.declared)
        .singleElement()
        .satisfies(watch -> assertThat(watch.notifiers()).containsExactly("hearing"));
  }

  private static Job job(Duration quiet, long runs) {
    return new Job(
        "agent-health-check", Runner.DATABASE, EVERY, quiet, runs, Optional.of("1 agents"));
  }

  private static Finding finding(ObserveEngine engine) throws InterruptedException {
    return engine.healthCheck().finding("jobs").orElseThrow();
  }

  private ObserveEngine start() {
    ObserveEngine engine =
        scene.engine(Optional.empty(), Map.of(), List.of(new Hearing()), Duration.ofDays(1));
    engine.start();
    return engine;
  }

  private final class Hearing implements Notifier {
    @Override
    public String name() {
      return "hearing";
    }

    @Override
    public Delivery deliver(Notification notification) {
      heard.add(notification);
      return new Delivery.Delivered();
    }
  }

  /** The jobs of a database, as the test wants them to stand. */
  private static final class Table implements JobStore {
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger ran = new AtomicInteger();
    private final List<Watch> declared = new CopyOnWriteArrayList<>();
    private volatile List<Job> now = List.of();

    @Override
    public boolean declare(Fence fence, Watch watch) {
      return declared.add(watch);
    }

    @Override
    public List<Job> all() {
      asked.incrementAndGet();
      return now;
    }

    @Override
    public List<Ran> runDue() {
      ran.incrementAndGet();
      return List.of();
    }
  }

  private static AgentStore withJobs(AgentStore store, JobStore jobs) {
    return (AgentStore)
        Proxy.newProxyInstance(
            JobWatchTest.class.getClassLoader(),
            new Class<?>[] {AgentStore.class},
            (self, method, arguments) ->
                method.getName().equals("jobs") ? jobs : method.invoke(store, arguments));
  }
}
