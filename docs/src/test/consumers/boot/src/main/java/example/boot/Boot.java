package example.boot;

import example.plain.OneOfEach;
import io.selfupgrade.SelfUpgrade;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;

/** A Spring Boot application with its own pool and its own Flyway. */
@SpringBootApplication
public class Boot {

  /** Starts it, looks at both schemas, and ends it. */
  public static void main(String[] args) throws Exception {
    try (ConfigurableApplicationContext context = SpringApplication.run(Boot.class, args)) {
      context.getBean(OneOfEach.class).prove(context.getBean(SelfUpgrade.class));
      JdbcTemplate jdbc = context.getBean(JdbcTemplate.class);
      System.out.println(
          "flyway applied "
              + jdbc.queryForObject("select count(*) from public.flyway_schema_history", Long.class)
              + ", guests "
              + jdbc.queryForObject("select count(*) from public.guest", Long.class)
              + ", health "
              + context.getBean(AgentHealth.class).health().getStatus());
    }
  }
}
