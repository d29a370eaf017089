package example.boot;

import example.plain.OneOfEach;
import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.supabase.PostgresStore;
import javax.sql.DataSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The agent as a bean, on the application's own pool. */
@Configuration(proxyBeanMethods = false)
class AgentConfiguration {

  @Bean
  OneOfEach oneOfEach() {
    return new OneOfEach();
  }

  // region agent
  @Bean
  SelfUpgrade agent(DataSource dataSource, OneOfEach one) {
    return one.in(PostgresStore.using(dataSource), "boot").build();
  }
  // endregion
}
