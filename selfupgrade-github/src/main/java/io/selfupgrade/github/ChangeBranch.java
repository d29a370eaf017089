package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selfupgrade.change.Change;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The git side of a change: branches, and the commit on one. */
final class ChangeBranch {

  private static final Logger LOG = LoggerFactory.getLogger(GitHubChanges.class);

  /** GitHub signs what is made by it, and makes nothing unless the branch is where we saw it. */
  private static final String COMMIT =
      "mutation($input: CreateCommitOnBranchInput!) {"
          + " createCommitOnBranch(input: $input) { commit { oid signature { isValid } } } }";

  private static final int MOST_FILES = 300;

  private final GitHubRepository repository;

  ChangeBranch(GitHubRepository repository) {
    this.repository = repository;
  }

  /** Returns the branch that the repository's owner chose. */
  String defaultBranch() {
    JsonNode answer = repository.client().send(ApiRequest.get(repository.path())).json();
    return JsonText.text(answer, "default_branch");
  }

  /** Returns the commit that a branch points to. */
  Optional<String> head(String branch) {
    return repository
        .client()
        .find(ApiRequest.get(repository.path("git", "ref", "heads/" + branch)))
        .map(answer -> JsonText.text(JsonText.object(answer.json(), "object"), "sha"));
  }

  /** Makes a branch; refused by GitHub if it is there. */
  void make(String branch, String commit) {
    ObjectNode body = JsonText.object().put("ref", "refs/heads/" + branch).put("sha", commit);
    repository.client().send(ApiRequest.post(repository.path("git", "refs"), body));
  }

  /** Deletes a branch if it still points to a commit: nobody else's work is lost with it. */
  private void delete(String branch, String commit) {
    if (head(branch).equals(Optional.of(commit))) {
      String path = repository.path("git", "refs", "heads/" + branch);
      repository.client().send(ApiRequest.write("DELETE", path, Optional.empty()));
    }
  }

  /** Deletes a branch if that can be done; one that stays does no harm. */
  void tidy(String branch, Optional<String> expected) {
    try {
      expected.ifPresent(commit -> delete(branch, commit));
    } catch (GitHubException e) {
      LOG.info("branch {} was left behind", branch, e);
    }
  }

  /**
   * Makes the one commit, if the branch is where it is expected.
   *
   * @return its id
   */
  String commit(String branch, String expected, Change change, String message) {
    ObjectNode input = JsonText.object().put("expectedHeadOid", expected);
    input
        .putObject("branch")
        .put("repositoryNameWithOwner", repository.fullName())
        .put("branchName", branch);
    input.putObject("message").put("headline", change.title()).put("body", message);
    ObjectNode changes = input.putObject("fileChanges");
    ArrayNode additions = changes.putArray("additions");
    change
        .files()
        .forEach(
            (path, content) ->
                additions
                    .addObject()
                    .put("path", path)
                    .put("contents", Base64.getEncoder().encodeToString(content)));
    ArrayNode deletions = changes.putArray("deletions");
    change.deletions().forEach(path -> deletions.addObject().put("path", path));
    ObjectNode variables = JsonText.object();
    variables.set("input", input);
    JsonNode data = repository.client().graphql(COMMIT, variables, true);
    JsonNode made = JsonText.object(JsonText.object(data, "createCommitOnBranch"), "commit");
    String id = JsonText.text(made, "oid");
    if (!made.path("signature").path("isValid").asBoolean()) {
      LOG.warn(
          "commit {} on {} is not signed by GitHub: a branch that requires signatures will not take"
              + " it; on a server of your own, see whether signing of web commits is enabled",
          id,
          branch);
    }
    return id;
  }

  /** Returns the message of a commit if it stands on one other commit and no more. */
  Optional<String> messageOn(String commit, String parent) {
    JsonNode answer =
        repository.client().send(ApiRequest.get(repository.path("git", "commits", commit))).json();
    JsonNode parents = JsonText.list(answer, "parents");
    return parents.size() == 1 && JsonText.text(parents.path(0), "sha").equals(parent)
        ? Optional.of(JsonText.text(answer, "message"))
        : Optional.empty();
  }

  /**
   * Tells whether a commit does exactly what a change does.
   *
   * @param effective paths at which the change makes a difference
   */
  boolean does(String commit, Change change, Set<String> effective) {
    ApiClient.Items items =
        repository
            .client()
            .list(ApiRequest.get(repository.path("commits", commit)), "files", MOST_FILES);
    Map<String, byte[]> files = change.files();
    Set<String> deletions = change.deletions();
    Set<String> seen = new HashSet<>();
    for (JsonNode entry : items.items()) {
      String path = JsonText.text(entry, "filename");
      seen.add(path);
      JsonText.optionalText(entry, "previous_filename")
          .filter(before -> JsonText.text(entry, "status").equals("renamed"))
          .filter(before -> !files.containsKey(before))
          .ifPresent(seen::add);
      boolean removed = JsonText.text(entry, "status").equals("removed");
      byte[] content = files.get(path);
      if (removed
          ? !deletions.contains(path)
          : content == null || !JsonText.text(entry, "sha").equals(blob(content))) {
        return false;
      }
    }
    return items.complete() && seen.equals(effective);
  }

  /** Returns git's id of a file's content. */
  static String blob(byte[] content) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-1");
      digest.update(("blob " + content.length + "\0").getBytes(StandardCharsets.US_ASCII));
      return HexFormat.of().formatHex(digest.digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-1", e);
    }
  }
}
