package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.upgrade.UpgradeJournal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

/** What a primary takes up and lays down, where that meets its end. */
@Isolated("it reads the log")
@Timeout(60)
class DutiesTest {

  private static final Duration SOON = Duration.ofSeconds(20);

  private final InMemoryStore memory = new InMemoryStore(Clock.systemUTC());
  private final CountDownLatch asked = new CountDownLatch(1);
  private final CountDownLatch answer = new CountDownLatch(1);

  @Test
  void anAgentThatIsClosedWhileItTakesTheLeadUpHasNoTroubleToTell() throws Exception {
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    PrintStream before = System.err;
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try {
      SelfUpgrade agent =
          SelfUpgrade.builder("closing")
              .store(answersLate())
              .task("tick", Schedule.every(SOON), run -> {})
              .build();
      agent.start();
      asked.await();
      closeWithoutWaitingForTheDrain(agent);
      answer.countDown();
      Eventually.holds("its duties have ended", SOON, () -> !anyThread("selfupgrade-closing-duty"));
    } finally {
      answer.countDown();
      System.setErr(before);
    }

    assertThat(log.toString(StandardCharsets.UTF_8)).doesNotContain("is closed", "ERROR");
  }

  private static void closeWithoutWaitingForTheDrain(SelfUpgrade agent) throws Exception {
    Thread closing =
        new Thread(
            () -> {
              Thread.currentThread().interrupt();
              agent.close();
            });
    closing.start();
    closing.join();
  }

  private static boolean anyThread(String name) {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(thread -> thread.getName().equals(name));
  }

  /** Returns a store that does not answer what a new primary asks first, interrupted or not. */
  private AgentStore answersLate() {
    UpgradeJournal journal =
        (UpgradeJournal)
            Proxy.newProxyInstance(
                UpgradeJournal.class.getClassLoader(),
                new Class<?>[] {UpgradeJournal.class},
                (self, method, arguments) -> {
                  boolean takesUp = Thread.currentThread().getName().endsWith("-duty");
                  if (takesUp && method.getName().equals("confirmedVersion")) {
                    asked.countDown();
                    waitForTheAnswer();
                  }
                  return method.invoke(memory.journal(), arguments);
                });
    return (AgentStore)
        Proxy.newProxyInstance(
            AgentStore.class.getClassLoader(),
            new Class<?>[] {AgentStore.class},
            (self, method, arguments) ->
                method.getName().equals("journal") ? journal : method.invoke(memory, arguments));
  }

  private void waitForTheAnswer() {
    boolean interrupted = false;
    while (true) {
      try {
        answer.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
