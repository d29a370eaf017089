package example.plain;

import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.supabase.PostgresStore;

/** A main method and nothing else. */
public final class Plain {

  private Plain() {}

  /** Runs one of each. */
  public static void main(String[] args) throws Exception {
    OneOfEach one = new OneOfEach();
    try (SelfUpgrade agent =
        one.in(PostgresStore.at(Secret.env("DATABASE_URL")), "plain").build()) {
      agent.start();
      one.prove(agent);
    }
  }
}
