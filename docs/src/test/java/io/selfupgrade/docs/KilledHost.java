package io.selfupgrade.docs;

import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.core.notify.LogNotifier;
import io.selfupgrade.supabase.PostgresStore;
import java.io.OutputStream;

/** A host with an agent, to be killed. */
public final class KilledHost {

  static final String URL_NAME = "DATABASE_URL";

  private KilledHost() {}

  /** Runs until its input ends. */
  public static void main(String[] args) throws Exception {
    try (SelfUpgrade agent =
        SelfUpgrade.builder(EdgeRuntime.AGENT)
            .version("1.0.0")
            .store(PostgresStore.at(Secret.env(URL_NAME)))
            .notifyBy(new LogNotifier())
            .build()) {
      agent.start();
      System.in.transferTo(OutputStream.nullOutputStream());
    }
  }
}
