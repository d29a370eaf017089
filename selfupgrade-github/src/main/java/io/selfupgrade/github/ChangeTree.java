package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import io.selfupgrade.github.GitHubException.Kind;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The files of one commit, read directory by directory where a path leads. */
final class ChangeTree {

  private static final String DIRECTORY = "040000";

  private final GitHubRepository repository;
  private final String commit;
  private final Map<String, Map<String, Entry>> read = new HashMap<>();

  ChangeTree(GitHubRepository repository, String commit) {
    this.repository = repository;
    this.commit = commit;
  }

  /** Returns what is at a path, or what is in the way of it; empty if a file may be put there. */
  Optional<Entry> at(String path) {
    String tree = commit;
    String[] names = path.split("/", -1);
    for (int i = 0; ; i++) {
      Entry entry = entries(tree).get(names[i]);
      if (entry == null) {
        return Optional.empty();
      }
      boolean last = i == names.length - 1;
      if (last || !entry.mode.equals(DIRECTORY)) {
        return Optional.of(last ? entry : new Entry("in the way", entry.sha));
      }
      tree = entry.sha;
    }
  }

  private Map<String, Entry> entries(String tree) {
    return read.computeIfAbsent(tree, this::load);
  }

  private Map<String, Entry> load(String tree) {
    ApiRequest request = ApiRequest.get(repository.path("git", "trees", tree));
    JsonNode answer = repository.client().send(request).json();
    if (answer.path("truncated").asBoolean()) {
      throw new GitHubException(
          Kind.UNEXPECTED,
          request + " was answered in part: the directory has too many files to be looked at",
          null);
    }
    Map<String, Entry> entries = new HashMap<>();
    for (JsonNode entry : JsonText.list(answer, "tree")) {
      entries.put(
          JsonText.text(entry, "path"),
          new Entry(JsonText.text(entry, "mode"), JsonText.text(entry, "sha")));
    }
    return entries;
  }

  /**
   * Something in a directory.
   *
   * @param mode of git, six digits
   * @param sha of its content
   */
  record Entry(String mode, String sha) {
    /** Tells whether it is a file, not a link, a submodule or a directory. */
    boolean isFile() {
      return mode.startsWith("100");
    }

    /** Tells whether it is a file that is run. */
    boolean isExecutable() {
      return mode.equals("100755");
    }
  }
}
