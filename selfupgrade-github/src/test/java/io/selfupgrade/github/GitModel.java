package io.selfupgrade.github;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** As much of git as a repository's model needs: commits with their files, trees, branches. */
final class GitModel {

  static final String FILE = "100644";
  static final String LINK = "120000";

  final Map<String, Commit> commits = new HashMap<>();
  final Map<String, String> branches = new TreeMap<>();
  private final Map<String, SortedMap<String, Entry>> trees = new HashMap<>();
  private int made;

  /** Makes a commit on a branch, as somebody with git would. */
  String push(String branch, String message, Map<String, Entry> changed) {
    Optional<String> parent = Optional.ofNullable(branches.get(branch));
    SortedMap<String, Entry> files =
        new TreeMap<>(parent.map(sha -> commits.get(sha).files).orElseGet(TreeMap::new));
    changed.forEach(
        (path, entry) -> {
          if (entry.mode.isEmpty()) {
            files.remove(path);
          } else {
            files.put(path, entry);
          }
        });
    String sha = commit(parent.stream().toList(), message, files);
    branches.put(branch, sha);
    return sha;
  }

  String commit(List<String> parents, String message, SortedMap<String, Entry> files) {
    String sha = ChangeBranch.blob(("commit " + ++made).getBytes(StandardCharsets.UTF_8));
    commits.put(sha, new Commit(sha, parents, message, files));
    return sha;
  }

  static Entry file(String content) {
    return new Entry(FILE, content.getBytes(StandardCharsets.UTF_8));
  }

  static Entry deleted() {
    return new Entry("", new byte[0]);
  }

  String content(String branch, String path) {
    Entry entry = commits.get(branches.get(branch)).files.get(path);
    return entry == null ? "(none)" : entry.text();
  }

  /** Returns the entries of a tree, by the id of it or of a commit. */
  SortedMap<String, Entry> tree(String sha) {
    Commit commit = commits.get(sha);
    return commit == null ? trees.get(sha) : directory(commit.files);
  }

  private SortedMap<String, Entry> directory(SortedMap<String, Entry> files) {
    SortedMap<String, Entry> entries = new TreeMap<>();
    Map<String, SortedMap<String, Entry>> below = new TreeMap<>();
    files.forEach(
        (path, entry) -> {
          int slash = path.indexOf('/');
          if (slash < 0) {
            entries.put(path, entry);
          } else {
            below
                .computeIfAbsent(path.substring(0, slash), unused -> new TreeMap<>())
                .put(path.substring(slash + 1), entry);
          }
        });
    below.forEach(
        (name, inner) -> {
          SortedMap<String, Entry> tree = directory(inner);
          StringBuilder listing = new StringBuilder();
          tree.forEach((each, entry) -> listing.append(entry.mode + each + entry.sha()));
          Entry entry = new Entry("040000", listing.toString().getBytes(StandardCharsets.UTF_8));
          trees.put(entry.sha(), tree);
          entries.put(name, entry);
        });
    return entries;
  }

  /** Returns what differs between two commits: path, and how. */
  Map<String, String> difference(String from, String to) {
    Map<String, Entry> before = commits.get(from).files;
    Map<String, Entry> after = commits.get(to).files;
    Map<String, String> difference = new TreeMap<>();
    after.forEach(
        (path, entry) -> {
          Entry old = before.get(path);
          if (old == null || !old.sha().equals(entry.sha())) {
            difference.put(path, old == null ? "added" : "modified");
          }
        });
    before
        .keySet()
        .forEach(
            path -> difference.computeIfAbsent(path, p -> after.containsKey(p) ? null : "removed"));
    return difference;
  }

  /** A file, link, submodule or directory. */
  static final class Entry {
    private final String mode;
    private final byte[] content;

    Entry(String mode, byte[] content) {
      this.mode = mode;
      this.content = content.clone();
    }

    String mode() {
      return mode;
    }

    /** Returns the same content as a symbolic link's. */
    Entry asLink() {
      return new Entry(LINK, content);
    }

    String text() {
      return new String(content, StandardCharsets.UTF_8);
    }

    String sha() {
      return ChangeBranch.blob(content);
    }
  }

  /** A commit with all its files. */
  record Commit(String sha, List<String> parents, String message, SortedMap<String, Entry> files) {}
}
