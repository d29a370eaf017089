package io.selfupgrade.examples.langchain4j;

import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.conversation.Message;
import io.selfupgrade.conversation.Posted;
import io.selfupgrade.supabase.PostgresStore;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Talks to two processes of {@link ChatAgent}, the second after {@code kill -9} of the first, with
 * a Postgres of its own.
 */
final class Demo {

  private static final String LOG = "agent.log";
  private static final String HANDBOOK =
      "Invoices are paid on the last Friday of a month. Who needs the money earlier asks Ms."
          + " Okafor.";

  private final long startNanos = System.nanoTime();
  private final Path root;
  private final Path database;

  /** Whether it is known what it has to say: a real model says what it will. */
  private final boolean scripted = ChatModels.of(System.getenv()) instanceof ScriptedModel;

  private boolean good = true;

  private Demo(Path root) {
    this.root = root;
    this.database = root.resolve("postgres");
  }

  /** Plays it; ends the process with 0 if the agent said what it should. */
  static void main() throws Exception {
    Path root = Files.createTempDirectory("selfupgrade-langchain4j-").toRealPath();
    // A database server that is started by root runs as nobody, who has to get through.
    Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx--x--x"));
    Demo demo = new Demo(root);
    try {
      demo.play();
    } catch (IOException | RuntimeException e) {
      e.printStackTrace(System.out);
      demo.good = false;
    } finally {
      demo.showLog();
      PostgresStore.stopEmbedded(demo.database);
      delete(root);
    }
    System.out.println(demo.good ? "Nothing is left behind." : "NOT AS IT SHOULD BE: see above.");
    System.exit(demo.good ? 0 : 1);
  }

  private void play() throws IOException, InterruptedException {
    Path handbook = Files.writeString(root.resolve("handbook.md"), HANDBOOK);
    say("starting the agent, with a Postgres of its own; it reads handbook.md");
    Process first = start(handbook.toString());
    try (Console console = new Console(first)) {
      console.untilPrompt();
      chat(console, "Remember that the cat of my neighbour is called Zorro.", "Zorro");
      String planned = chat(console, "Remind me in 1 second to water the plants.", "Planned");
      // On a slow machine it comes before the prompt.
      String reminder = planned.contains("Reminder") ? planned : console.line();
      say("agent   " + reminder);
      check(reminder, "Reminder: water the plants");
      chat(console, "How are you?", "PRIMARY");
      say("kill -9 " + first.pid());
      first.destroyForcibly().waitFor();
    }
    try (Console console = new Console(start())) {
      console.untilPrompt();
      say("the agent is started again");
      chat(console, "What is the name of the pet next door?", "Zorro");
      chat(console, "When do I get my money?", "last Friday");
      chat(console, "What is planned?", "tidy-memories");
    }
    List<Message> all = said();
    say("kept: " + all.size() + " messages of both processes, tool calls and results among them");
    check(all.get(0).role().toString(), "SYSTEM");
  }

  private String chat(Console console, String said, String expected) throws IOException {
    say("you     " + said);
    String answer = console.ask(said);
    say("agent   " + answer.replace("\n", "\n                  "));
    check(answer, expected);
    return answer;
  }

  private void check(String what, String expected) {
    if (scripted && !what.contains(expected)) {
      good = false;
      say("NOT AS IT SHOULD BE: expected \"" + expected + "\" in: " + what);
    }
  }

  /** Starts the agent as its reader does: {@code java -jar langchain4j-agent.jar chat FILE...}. */
  private Process start(String... files) throws IOException {
    Path temporary = Files.createDirectories(root.resolve("tmp"));
    ProcessBuilder builder =
        new ProcessBuilder(
                Stream.concat(
                        Stream.of(
                            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                            "-XX:TieredStopAtLevel=1",
                            // Where the model for vectors unpacks its native code.
                            "-Djava.io.tmpdir=" + temporary,
                            "-DDJL_CACHE_DIR=" + temporary,
                            "-cp",
                            System.getProperty("java.class.path"),
                            ChatAgent.class.getName(),
                            "chat"),
                        Stream.of(files))
                    .toList())
            .redirectError(ProcessBuilder.Redirect.appendTo(root.resolve(LOG).toFile()));
    builder.environment().put("SELFUPGRADE_HOME", database.toString());
    builder.environment().remove("DATABASE_URL");
    return builder.start();
  }

  private List<Message> said() {
    try (SelfUpgrade reader =
        SelfUpgrade.builder(ChatAgent.NAME).store(PostgresStore.embedded(database)).build()) {
      return reader.conversations().after(ChatAgent.CHAT, 0, 1_000).messages().stream()
          .map(Posted::message)
          .toList();
    }
  }

  private void showLog() throws IOException {
    if (!good) {
      System.out.println(Files.readString(root.resolve(LOG)));
    }
  }

  private void say(String what) {
    double seconds = (System.nanoTime() - startNanos) / 1e9;
    System.out.printf(Locale.ROOT, "%6.2f s  %s%n", seconds, what);
  }

  private static void delete(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  /** A person before the agent's console. Closing it ends the agent. */
  private static final class Console implements AutoCloseable {

    private final Process process;
    private final PrintWriter input;
    private final BufferedReader output;

    Console(Process process) {
      this.process = process;
      this.input = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
      this.output = process.inputReader(StandardCharsets.UTF_8);
    }

    String ask(String line) throws IOException {
      input.println(line);
      return untilPrompt();
    }

    /** Returns what is written before the agent asks for the next line. */
    String untilPrompt() throws IOException {
      StringBuilder text = new StringBuilder();
      for (String line = line(); !line.equals(ChatAgent.PROMPT); line = line()) {
        text.append(text.isEmpty() ? "" : "\n").append(line);
      }
      return text.toString();
    }

    String line() throws IOException {
      String line = output.readLine();
      if (line == null) {
        throw new IOException("the agent has ended: see its output below");
      }
      return line;
    }

    @Override
    public void close() {
      input.close();
      try {
        process.waitFor();
      } catch (InterruptedException e) {
        process.destroyForcibly();
        Thread.currentThread().interrupt();
      }
    }
  }
}
