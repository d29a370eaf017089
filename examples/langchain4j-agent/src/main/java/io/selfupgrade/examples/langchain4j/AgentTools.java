package io.selfupgrade.examples.langchain4j;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.agent.tool.ToolMemoryId;
import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.agent.Json;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Recalled;
import io.selfupgrade.memory.Tier;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskStatus;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * What a model may do with the agent that it speaks for.
 *
 * <p>What a model asks for may come from a text that somebody has put before it. So nothing here
 * starts, approves or forces an upgrade, freezes, restores, deletes, or runs what a text names: the
 * worst that a text can do is to have itself remembered, or said again later.
 */
public final class AgentTools {

  /** Name of the handler of reminders. */
  static final String REMINDER = "reminder";

  private static final Duration LONGEST = Duration.ofDays(366);
  private static final int FEW = 5;
  private static final int MOST_REMINDERS = 100;

  private final SelfUpgrade agent;
  private final Clock clock;

  /** Makes the tools of an agent. */
  public AgentTools(SelfUpgrade agent, Clock clock) {
    this.agent = agent;
    this.clock = clock;
  }

  /** Remembers for ever. */
  @Tool("Remembers a fact for all later conversations.")
  public String remember(
      @P("the fact: a sentence that is understood by itself, without the conversation")
          String fact) {
    agent.memory().remember(fact, Tier.LONG_TERM);
    return "Remembered: " + fact;
  }

  /** Looks up what is remembered. */
  @Tool("Looks up facts that were remembered, in this conversation or in an earlier one.")
  public String recall(@P("what to look for, in a few words") String about) {
    List<Recalled> hits = agent.memory().recall(RecallQuery.of(about).limit(FEW));
    return hits.isEmpty()
        ? "Nothing is remembered about that."
        : hits.stream().map(AgentTools::line).collect(Collectors.joining("\n"));
  }

  private static String line(Recalled hit) {
    return "- "
        + hit.remembered().memory().content()
        + " ("
        + hit.remembered().createdAt().truncatedTo(ChronoUnit.DAYS).toString().substring(0, 10)
        + ")";
  }

  /** Has something said in this conversation later. */
  @Tool("Says something in this conversation later, once.")
  public String remindMe(
      @ToolMemoryId String chat,
      @P("what to say then") String what,
      @P("in how many seconds") long seconds) {
    if (seconds < 1 || seconds > LONGEST.toSeconds()) {
      return "Not planned: expected 1 to " + LONGEST.toSeconds() + " seconds.";
    }
    if (agent.tasks().list().stream().filter(AgentTools::isReminder).count() >= MOST_REMINDERS) {
      return "Not planned: there are " + MOST_REMINDERS + " reminders already.";
    }
    Instant due = clock.instant().plusSeconds(seconds).truncatedTo(ChronoUnit.MILLIS);
    agent.scheduleTask(
        new TaskConfig(
            REMINDER + "-" + UUID.randomUUID(),
            REMINDER,
            Schedule.at(due),
            TaskPolicy.DEFAULT,
            agent.tasks().payload(new Reminder(chat, what))));
    return "Planned for " + due.truncatedTo(ChronoUnit.SECONDS) + ": " + what;
  }

  static boolean isReminder(TaskStatus task) {
    return task.config().handler().equals(REMINDER);
  }

  /** Lists tasks, and the reminders of this conversation; those of others are their business. */
  @Tool("Lists what is planned: tasks and reminders, each with when it is due next.")
  public String listTasks(@ToolMemoryId String chat) {
    List<String> lines =
        agent.tasks().list().stream().flatMap(task -> line(task, chat).stream()).toList();
    return lines.isEmpty() ? "Nothing is planned." : String.join("\n", lines);
  }

  private static Optional<String> line(TaskStatus task, String chat) {
    if (!isReminder(task)) {
      String due = task.nextDue().map(next -> ", due " + next).orElse(", no tick planned");
      return Optional.of("- " + task.config().name() + due);
    }
    Reminder reminder = Reminder.of(task.config().payload());
    return reminder.chat().equals(chat)
        ? Optional.of("- reminder, due " + due(task) + ": " + reminder.what())
        : Optional.empty();
  }

  private static String due(TaskStatus reminder) {
    return reminder.config().schedule() instanceof Schedule.At at
        ? at.instant().truncatedTo(ChronoUnit.SECONDS).toString()
        : "sometime";
  }

  /** Tells how well the agent is. */
  @Tool("Tells whether this agent is well: its database, its tasks, its upgrades.")
  public String checkHealth() {
    return agent.healthCheck().summary();
  }

  /** Tells whether there is a newer version; changes nothing. */
  @Tool("Looks whether there is a newer version of this agent. Installs nothing.")
  public String lookForUpgrade() {
    return agent.upgrades().check().summary();
  }

  /**
   * What a reminder carries.
   *
   * @param chat id of the conversation
   * @param what to say
   */
  record Reminder(String chat, String what) {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    static Reminder of(Json payload) {
      try {
        return MAPPER.readValue(payload.text(), Reminder.class);
      } catch (JsonProcessingException e) {
        throw new IllegalStateException("the payload of a reminder cannot be read", e);
      }
    }
  }
}
