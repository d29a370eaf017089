package io.selfupgrade.github;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;

/** What is logged while something is done. */
final class Logged {

  private Logged() {}

  static String during(Callable<?> something) throws Exception {
    PrintStream before = System.err;
    ByteArrayOutputStream seen = new ByteArrayOutputStream();
    System.setErr(new PrintStream(seen, true, StandardCharsets.UTF_8));
    try {
      something.call();
    } finally {
      System.setErr(before);
    }
    return seen.toString(StandardCharsets.UTF_8);
  }
}
