package io.selfupgrade.examples.springai;

import io.selfupgrade.SelfUpgrade;
import java.util.List;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * An agent on Spring AI that upgrades itself: copy it and put your own work in the place of {@link
 * Assistant}.
 *
 * <p>The launcher starts it, once for the version that runs and once more for a version on trial.
 * Its settings are in {@code application.properties}.
 */
@SpringBootApplication
public class SpringAiAgent {

  /**
   * Runs until the launcher stops it; with {@code --smoke} only checks itself and ends, with {@code
   * --demo} plays an upgrade of itself on this machine.
   */
  public static void main(String[] args) throws Exception {
    List<String> options = List.of(args);
    if (options.contains("--demo")) {
      Demo.run();
    } else if (options.contains("--smoke")) {
      smokeCheck();
    } else {
      // region main
      try (ConfigurableApplicationContext context =
          SpringApplication.run(SpringAiAgent.class, args)) {
        context.getBean(SelfUpgrade.class).awaitStop();
      }
      // endregion
    }
  }

  /** Puts the whole program together, without a database, a network and a port. */
  private static void smokeCheck() {
    new SpringApplicationBuilder(SpringAiAgent.class)
        .web(WebApplicationType.NONE)
        .properties("agent.start=false", "DATABASE_URL=postgresql://127.0.0.1:1/none")
        .run()
        .close();
  }
}
