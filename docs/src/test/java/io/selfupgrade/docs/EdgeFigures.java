package io.selfupgrade.docs;

import io.selfupgrade.supabase.TestDatabase;
import java.net.http.HttpRequest;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Prints how long a call takes; asserts no time, and runs only when it is asked for by name. */
final class EdgeFigures {

  @RegisterExtension final TestDatabase database = TestDatabase.fresh();

  private static final int CALLS = 500;

  private interface Call {
    int status() throws Exception;
  }

  @Test
  void coldAndWarm() throws Exception {
    EdgeRuntime.install();
    new EdgeRows(database).agent(EdgeRuntime.AGENT, "1.0.0", "1.0.0");
    long begun = System.nanoTime();
    try (EdgeRuntime functions = EdgeRuntime.start(database, Map.of())) {
      long listening = System.nanoTime();
      Call health =
          () -> functions.send(HttpRequest.newBuilder(functions.at("health")).build()).statusCode();
      health.status();
      System.out.printf(
          "all five functions from the start of Deno until they listen: %d ms; the first call, with"
              + " the connection to the database: %d ms%n",
          (listening - begun) / 1_000_000, (System.nanoTime() - listening) / 1_000_000);
      print("health", health);
      print("status", () -> functions.post("agent-core", "{\"action\":\"status\"}").statusCode());
      print("check", () -> functions.post("self-upgrade", "{\"action\":\"check\"}").statusCode());
    }
  }

  private static void print(String what, Call call) throws Exception {
    long[] micros = new long[CALLS];
    for (int i = 0; i < CALLS; i++) {
      long start = System.nanoTime();
      call.status();
      micros[i] = (System.nanoTime() - start) / 1000;
    }
    Arrays.sort(micros);
    System.out.printf(
        "%s, warm: p50 %d us, p99 %d us of %d calls%n",
        what, micros[CALLS / 2], micros[CALLS * 99 / 100], CALLS);
  }
}
