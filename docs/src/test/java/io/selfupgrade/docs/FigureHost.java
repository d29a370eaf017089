package io.selfupgrade.docs;

import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.SelfUpgradeBuilder;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.failover.Role;
import io.selfupgrade.supabase.PostgresStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** A host that does nothing by itself, with an agent or without. */
public final class FigureHost {

  static final String URL_NAME = "DATABASE_URL";

  private FigureHost() {}

  /**
   * Says {@code up}, and how long the agent took, in ms; at each byte that comes in, the agent's
   * role and threads.
   *
   * @param args what the agent is: {@code none}, {@code plain}, {@code memory} or {@code local}
   */
  public static void main(String[] args) throws Exception {
    long begun = System.nanoTime();
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    if (args[0].equals("none")) {
      System.out.println("up 0");
      while (System.in.read() >= 0) {
        System.out.println("nothing");
      }
      return;
    }
    try (SelfUpgrade agent = described(args[0]).build()) {
      agent.start();
      System.out.println("up " + (System.nanoTime() - begun) / 1_000_000);
      while (System.in.read() >= 0) {
        List<Thread> added = new ArrayList<>(Thread.getAllStackTraces().keySet());
        added.removeAll(before);
        Set<String> names = new TreeSet<>();
        added.forEach(thread -> names.add(thread.getName()));
        System.out.println(agent.role() + ", " + added.size() + " threads " + names);
      }
    }
  }

  private static SelfUpgradeBuilder described(String what) {
    SelfUpgradeBuilder agent =
        SelfUpgrade.builder("figures")
            .version("1.0.0")
            .store(PostgresStore.at(Secret.env(URL_NAME)));
    if (what.equals("memory")) {
      return agent.memory();
    }
    return what.equals("local") ? agent.role(Role.LOCAL) : agent;
  }
}
