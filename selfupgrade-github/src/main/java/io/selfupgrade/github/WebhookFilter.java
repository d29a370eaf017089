package io.selfupgrade.github;

import io.selfupgrade.github.GitHubWebhook.RefusedDelivery;
import io.selfupgrade.github.GitHubWebhook.Seal;
import io.selfupgrade.github.WebhookVerdict.Accepted;
import io.selfupgrade.github.WebhookVerdict.Asks;
import io.selfupgrade.github.WebhookVerdict.Ignored;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Which events of which repository are followed.
 *
 * @param repository {@code owner/name}
 * @param branches whose pushes are followed
 * @param workflows whose runs are followed, by the names of their files
 */
record WebhookFilter(String repository, Set<String> branches, Set<String> workflows) {

  static final List<String> EVENTS = List.of("ping", "release", "push", "workflow_run");

  private static final String ACTION = "action";
  private static final String REPOSITORY = "repository.full_name";
  private static final String TAG = "release.tag_name";
  private static final String DRAFT = "release.draft";
  private static final String REF = "ref";
  private static final String AFTER = "after";
  private static final String DELETED = "deleted";
  private static final String FILE = "workflow_run.path";
  private static final String CONCLUSION = "workflow_run.conclusion";
  private static final String RUN = "workflow_run.id";
  private static final String HOOK = "hook_id";

  static final Set<String> FIELDS =
      Set.of(ACTION, REPOSITORY, TAG, DRAFT, REF, AFTER, DELETED, FILE, CONCLUSION, RUN, HOOK);

  /** An edit too: assets are added to a release, and one that was not for all becomes so. */
  private static final Set<String> ACTIONS_OF_RELEASES =
      Set.of("published", "released", "prereleased", "edited");

  private static final Pattern NAME =
      Pattern.compile("[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}");
  private static final String WORKFLOWS = ".github/workflows/";
  private static final int LONGEST_SUBJECT = 100;

  WebhookFilter {
    branches = Set.copyOf(branches);
    workflows = Set.copyOf(workflows);
  }

  static WebhookFilter of(String repository) {
    if (!NAME.matcher(repository).matches()) {
      throw new IllegalArgumentException(
          "repository \"" + repository + "\": expected owner/name, as in acme/my-bot");
    }
    return new WebhookFilter(repository, Set.of(), Set.of());
  }

  WebhookFilter pushesTo(String branch) {
    return new WebhookFilter(repository, with(branches, branch), workflows);
  }

  WebhookFilter runsOf(String file) {
    return new WebhookFilter(repository, branches, with(workflows, file));
  }

  private static Set<String> with(Set<String> names, String name) {
    if (name.isBlank()) {
      throw new IllegalArgumentException("a branch or a workflow without a name");
    }
    Set<String> more = new TreeSet<>(names);
    more.add(name);
    return more;
  }

  /** Judges an event whose signature is good by its fields. */
  WebhookVerdict judge(String event, Map<String, String> fields, Seal seal) throws RefusedDelivery {
    if (event.equals("ping")) {
      require(event, fields, HOOK);
      return accepted(event, "", Asks.NOTHING, "the webhook is set up", seal);
    }
    String from = require(event, fields, REPOSITORY);
    if (!from.equalsIgnoreCase(repository)) {
      return ignored(seal, "it is about " + from + ", not " + repository);
    }
    return switch (event) {
      case "release" -> release(fields, seal);
      case "push" -> push(fields, seal);
      default -> run(fields, seal);
    };
  }

  private WebhookVerdict release(Map<String, String> fields, Seal seal) throws RefusedDelivery {
    String action = require("release", fields, ACTION);
    String tag = require("release", fields, TAG);
    if (!ACTIONS_OF_RELEASES.contains(action)) {
      return ignored(seal, "a release that was " + action + " brings nothing new");
    }
    if (!require("release", fields, DRAFT).equals("false")) {
      return ignored(seal, "release " + tag + " is a draft");
    }
    return accepted("release", action, Asks.CHECK, tag, seal);
  }

  private WebhookVerdict push(Map<String, String> fields, Seal seal) throws RefusedDelivery {
    String ref = require("push", fields, REF);
    String after = require("push", fields, AFTER);
    String deleted = require("push", fields, DELETED);
    if (branches.stream().noneMatch(branch -> ref.equals("refs/heads/" + branch))) {
      return ignored(seal, "pushes to " + ref + " are not followed");
    }
    if (!deleted.equals("false")) {
      return ignored(seal, ref + " was deleted");
    }
    return accepted("push", "", Asks.CHECK, ref + " " + after, seal);
  }

  private WebhookVerdict run(Map<String, String> fields, Seal seal) throws RefusedDelivery {
    String action = require("workflow_run", fields, ACTION);
    String path = require("workflow_run", fields, FILE).split("@", 2)[0];
    String id = require("workflow_run", fields, RUN);
    if (workflows.stream().noneMatch(file -> path.equals(WORKFLOWS + file))) {
      return ignored(seal, "runs of " + path + " are not followed");
    }
    if (!action.equals("completed")) {
      return ignored(seal, "run " + id + " of " + path + " is " + action);
    }
    String conclusion = fields.getOrDefault(CONCLUSION, "nothing");
    if (!conclusion.equals("success")) {
      return ignored(seal, "run " + id + " of " + path + " ended with " + conclusion);
    }
    return accepted("workflow_run", action, Asks.CHECK, path + " " + id, seal);
  }

  private static WebhookVerdict accepted(
      String event, String action, Asks asks, String subject, Seal seal) {
    return new Accepted(
        seal.delivery(), event, action, asks, printable(subject), seal.bodyDigest());
  }

  private static WebhookVerdict ignored(Seal seal, String why) {
    return new Ignored(seal.delivery(), printable(why));
  }

  private static String require(String event, Map<String, String> fields, String field)
      throws RefusedDelivery {
    String value = fields.get(field);
    if (value == null) {
      throw new RefusedDelivery(400, "event " + event + " has no " + field);
    }
    return value;
  }

  /** Names come from whoever may push: what is shown and kept of them is short and plain. */
  private static String printable(String text) {
    String plain = text.replaceAll("[^ -~]", "?");
    return plain.length() <= LONGEST_SUBJECT ? plain : plain.substring(0, LONGEST_SUBJECT) + "...";
  }
}
