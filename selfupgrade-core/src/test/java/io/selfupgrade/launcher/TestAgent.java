package io.selfupgrade.launcher;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Properties;
import java.util.concurrent.locks.LockSupport;

/**
 * A child for the launcher's tests: packed alone into a slot, so it knows the file contract only.
 *
 * <p>Arguments: {@code exit=CODE} ends at once, {@code drain=MILLIS} says so in {@code ready},
 * {@code hang} does not end on SIGTERM. Then it obeys {@code run/<instance>/command}, one command:
 * {@code exit CODE}, or {@code write NAME KEY=VALUE...}.
 */
public final class TestAgent {
  private static final Path RUN =
      Path.of(System.getenv("SELFUPGRADE_HOME"), "run", System.getenv("SELFUPGRADE_INSTANCE"));

  private TestAgent() {}

  /** Runs until it is told to end. */
  public static void main(String[] args) throws IOException {
    FileChannel lock =
        FileChannel.open(RUN.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (lock.tryLock() == null) {
      System.exit(99);
    }
    Properties facts = new Properties();
    System.getenv().forEach((name, value) -> putFact(facts, name, value));
    facts.setProperty("directory", Path.of("").toAbsolutePath().toString());
    facts.setProperty("argument", System.getProperty("selfupgrade.instance"));
    write("facts", facts);
    Properties ready = new Properties();
    ready.setProperty("epoch", "0");
    for (String arg : args) {
      if (arg.startsWith("exit=")) {
        System.out.println("ending with " + arg);
        Runtime.getRuntime().halt(Integer.parseInt(arg.substring("exit=".length())));
      } else if (arg.startsWith("drain=")) {
        ready.setProperty("drainMillis", arg.substring("drain=".length()));
      } else if (arg.equals("hang")) {
        Runtime.getRuntime().addShutdownHook(new Thread(TestAgent::hang));
      }
    }
    System.out.println("ready");
    write("ready", ready);
    obeyCommands();
  }

  private static void obeyCommands() throws IOException {
    Path command = RUN.resolve("command");
    while (true) {
      if (Files.exists(command)) {
        String[] words = Files.readString(command).strip().split(" ", -1);
        Files.delete(command);
        if (words[0].equals("exit")) {
          Runtime.getRuntime().halt(Integer.parseInt(words[1]));
        }
        Properties values = new Properties();
        for (int i = 2; i < words.length; i++) {
          String[] pair = words[i].split("=", 2);
          values.setProperty(pair[0], pair[1]);
        }
        write(words[1], values);
      }
      LockSupport.parkNanos(5_000_000);
    }
  }

  private static void putFact(Properties facts, String name, String value) {
    if (name.startsWith("SELFUPGRADE_")) {
      facts.setProperty(name, value);
    }
  }

  private static void hang() {
    while (true) {
      LockSupport.parkNanos(Long.MAX_VALUE);
    }
  }

  private static void write(String name, Properties values) throws IOException {
    StringWriter text = new StringWriter();
    values.store(text, null);
    Path temporary = RUN.resolve(name + ".new");
    Files.writeString(temporary, text.toString());
    Files.move(temporary, RUN.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }
}
