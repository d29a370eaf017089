package io.selfupgrade.examples.langchain4j;

import dev.langchain4j.data.document.Document;
import dev.langchain4j.data.document.Metadata;
import io.selfupgrade.conversation.Message;
import io.selfupgrade.conversation.Posted;
import io.selfupgrade.supabase.PostgresStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Plays two lives of {@link ChatAgent} with a Postgres of its own, and checks what it says. */
final class Demo {

  private static final Duration LONGEST = Duration.ofSeconds(60);
  private static final String CHAT = "demo";

  private final long startNanos = System.nanoTime();
  private final Path database;
  private boolean good = true;

  private Demo(Path database) {
    this.database = database;
  }

  /** Plays it; ends the process with 0 if the agent said what it should. */
  static void main() throws Exception {
    Path root = Files.createTempDirectory("selfupgrade-langchain4j-").toRealPath();
    // A database server that is started by root runs as nobody, who has to get through.
    Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx--x--x"));
    // Where the local model unpacks its native code.
    System.setProperty("DJL_CACHE_DIR", root.resolve("native").toString());
    Demo demo = new Demo(root.resolve("postgres"));
    try {
      demo.play();
    } finally {
      PostgresStore.stopEmbedded(demo.database);
      delete(root);
    }
    System.out.println(demo.good ? "All of it is true." : "Something above is not as it should be.");
    System.exit(demo.good ? 0 : 1);
  }

  private void play() throws Exception {
    LangChain4jEmbedder embedder = LangChain4jEmbedder.local();
    say("a small model for vectors is loaded; a Postgres starts");
    try (ChatAgent agent = agent(embedder)) {
      agent.start();
      agent.learn(
          Document.from(
              "Invoices are paid on the last Friday of a month. Who needs the money earlier asks"
                  + " Ms. Okafor.",
              Metadata.from("source", "handbook.md")));
      chat(agent, "Remember that the cat of my neighbour is called Zorro.", "Zorro");
      chat(agent, "Remind me in 1 second to water the plants.", "Planned");
      await("the reminder", () -> last(agent).content().contains("water the plants"));
      say("agent   " + last(agent).content());
      chat(agent, "How are you?", "langchain4j-agent");
    }
    say("the agent has ended, and its database with it; both start again");
    try (ChatAgent agent = agent(embedder)) {
      agent.start();
      chat(agent, "What is the name of the pet next door?", "Zorro");
      chat(agent, "When do I get my money back?", "last Friday");
      chat(agent, "What is planned?", "selfupgrade.");
      List<Posted> all = agent.said(CHAT);
      say("kept: " + all.size() + " messages, tool calls and their results among them");
      check(all.get(0).message().role() == Message.Role.SYSTEM && all.size() > 20, "the messages");
    }
  }

  private ChatAgent agent(LangChain4jEmbedder embedder) {
    return new ChatAgent(PostgresStore.embedded(database), embedder, new ScriptedModel());
  }

  private void chat(ChatAgent agent, String said, String expected) {
    say("you     " + said);
    String answer = agent.chat(CHAT, said);
    say("agent   " + answer.replace("\n", "\n                  "));
    check(answer.contains(expected), "\"" + expected + "\" in the answer");
  }

  private void check(boolean holds, String what) {
    if (!holds) {
      good = false;
      say("NOT AS IT SHOULD BE: expected " + what);
    }
  }

  private static Message last(ChatAgent agent) {
    List<Posted> said = agent.said(CHAT);
    return said.get(said.size() - 1).message();
  }

  private void say(String what) {
    double seconds = (System.nanoTime() - startNanos) / 1e9;
    System.out.printf(Locale.ROOT, "%6.2f s  %s%n", seconds, what);
  }

  private static void await(String what, Condition condition) throws Exception {
    long end = System.nanoTime() + LONGEST.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - end >= 0) {
        throw new IllegalStateException(what + ": not seen within " + LONGEST.toSeconds() + " s");
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private static void delete(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  @FunctionalInterface
  private interface Condition {
    boolean holds() throws Exception;
  }
}
