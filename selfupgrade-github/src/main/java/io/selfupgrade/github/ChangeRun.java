package io.selfupgrade.github;

import io.selfupgrade.change.Change;
import io.selfupgrade.change.ChangeProgress;
import io.selfupgrade.change.ChangeRefusal;
import io.selfupgrade.change.ChangeResult;
import io.selfupgrade.change.ChangeState;
import io.selfupgrade.github.GitHubException.Kind;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Takes one change further, in one call.
 *
 * <p>Each step looks first at what the journal and GitHub say, makes what is missing, and notes it.
 * So it does not matter where an earlier call ended. What GitHub makes is conditional or has a name
 * of the change's own: a branch by its id, a commit on an expected one, a pull request by its
 * branch, a merge by its head.
 */
final class ChangeRun {

  private final GitHubRepository repository;
  private final ChangeSettings settings;
  private final ChangeRow row;
  private final ChangeBranch branches;
  private final ChangePulls pulls;
  private final ChangeLanding landing;
  private String into = "";

  ChangeRun(GitHubRepository repository, ChangeSettings settings, ChangeRow row) {
    this.repository = repository;
    this.settings = settings;
    this.row = row;
    this.branches = new ChangeBranch(repository);
    this.pulls = new ChangePulls(repository);
    this.landing = new ChangeLanding(repository, settings, row);
  }

  /** Makes what is missing, then follows it. */
  ChangeResult propose(Change change) {
    if (row.made().commit().isEmpty()) {
      Optional<ChangeResult.Refused> refused = settings.policy().check(change);
      if (refused.isPresent()) {
        throw end(refused.get().code(), refused.get().message());
      }
      commit(change);
    }
    if (row.made().pullRequest().isEmpty()) {
      open(change);
    }
    return landing.land(into());
  }

  /** Follows what is there, without the change's files. */
  ChangeResult follow() {
    if (row.made().pullRequest().isEmpty()) {
      Optional<Long> number =
          row.made().commit().isEmpty() ? Optional.empty() : pulls.of(row.branch());
      if (number.isEmpty()) {
        return new ChangeResult.Refused(
            ChangeRefusal.INCOMPLETE,
            "it was interrupted before its pull request was made: propose it again, with its files",
            Optional.of(row.record()));
      }
      row.note(ChangeState.WAITING, ChangeProgress.NONE.asked(number.get()), "");
    }
    return landing.land(into());
  }

  private void commit(Change change) {
    String base = base(change);
    Set<String> effective = effective(change, base);
    String head = branchOn(base);
    if (head.equals(base)) {
      row.requireLead();
      try {
        String message = ChangeWords.message(row.record(), row.author());
        String made = branches.commit(row.branch(), base, change, message);
        row.note(ChangeState.PROPOSED, ChangeProgress.NONE.committed(made), "");
        return;
      } catch (GitHubException e) {
        if (e.kind() != Kind.CONFLICT && e.kind() != Kind.AMBIGUOUS) {
          throw e;
        }
        head = branches.head(row.branch()).orElseThrow(() -> e);
        if (head.equals(base)) {
          throw e;
        }
      }
    }
    adopt(head, base, change, effective);
  }

  private String base(Change change) {
    Optional<String> known = row.made().base();
    if (known.isPresent()) {
      return known.get();
    }
    String head =
        branches
            .head(into())
            .orElseThrow(
                () ->
                    new GitHubException(
                        Kind.NOT_FOUND,
                        "there is no branch " + into() + ": see the name given to into(...)",
                        null));
    if (change.base().filter(read -> !read.equals(head)).isPresent()) {
      throw end(
          ChangeRefusal.BASE_MOVED,
          "the files were read of "
              + change.base().get()
              + ", and "
              + into()
              + " is at "
              + head
              + " now: read them again, and propose the change anew");
    }
    row.note(ChangeState.PROPOSED, ChangeProgress.NONE.on(head), "");
    return head;
  }

  /** Returns the paths at which something becomes different; refuses what is no file there. */
  private Set<String> effective(Change change, String base) {
    ChangeTree tree = new ChangeTree(repository, base);
    Set<String> effective = new TreeSet<>();
    change
        .files()
        .forEach(
            (path, content) -> {
              Optional<ChangeTree.Entry> there = fileAt(tree, path);
              if (there.filter(ChangeTree.Entry::isExecutable).isPresent()) {
                throw end(
                    ChangeRefusal.NOT_A_FILE,
                    "\"" + path + "\" is executable, and would not be when it is replaced");
              }
              String blob = ChangeBranch.blob(content);
              if (there.filter(entry -> entry.sha().equals(blob)).isEmpty()) {
                effective.add(path);
              }
            });
    for (String path : change.deletions()) {
      if (fileAt(tree, path).isEmpty()) {
        throw end(ChangeRefusal.NOT_A_FILE, "there is no \"" + path + "\" that could be deleted");
      }
      effective.add(path);
    }
    if (effective.isEmpty()) {
      throw end(ChangeRefusal.EMPTY, "the files are in the branch already, as they are");
    }
    return effective;
  }

  private Optional<ChangeTree.Entry> fileAt(ChangeTree tree, String path) {
    Optional<ChangeTree.Entry> there = tree.at(path);
    if (there.filter(entry -> !entry.isFile()).isPresent()) {
      throw end(
          ChangeRefusal.NOT_A_FILE,
          "at \"" + path + "\" or above it is a link, a submodule or something else than a file");
    }
    return there;
  }

  /** Returns where the change's branch points to, made now if it is not there. */
  private String branchOn(String base) {
    Optional<String> there = branches.head(row.branch());
    if (there.isPresent()) {
      return there.get();
    }
    row.requireLead();
    try {
      branches.make(row.branch(), base);
      return base;
    } catch (GitHubException e) {
      return branches.head(row.branch()).orElseThrow(() -> e);
    }
  }

  /** Takes a commit that is on the branch for the change's own, if it is. */
  private void adopt(String head, String base, Change change, Set<String> effective) {
    boolean own =
        branches
            .messageOn(head, base)
            .filter(message -> ChangeWords.names(message, row.record()))
            .filter(message -> branches.does(head, change, effective))
            .isPresent();
    if (!own) {
      throw end(
          ChangeRefusal.BRANCH_MOVED,
          "somebody else has written to branch "
              + row.branch()
              + ", which is at "
              + head
              + ": it was left as it is; see who that was, then propose the change anew");
    }
    row.note(ChangeState.PROPOSED, ChangeProgress.NONE.committed(head), "");
  }

  private void open(Change change) {
    Optional<Long> there = pulls.of(row.branch());
    if (there.isEmpty()) {
      row.requireLead();
      try {
        String body = ChangeWords.body(row.record(), change, row.author());
        there = Optional.of(pulls.open(change.title(), body, row.branch(), into()));
      } catch (GitHubException e) {
        if (e.kind() != Kind.AMBIGUOUS && e.kind() != Kind.INVALID) {
          throw e;
        }
        there = Optional.of(pulls.of(row.branch()).orElseThrow(() -> e));
      }
    }
    row.note(ChangeState.WAITING, ChangeProgress.NONE.asked(there.get()), "");
  }

  /** Refuses for good; what was begun of it is taken away. */
  private ChangeHalt end(ChangeRefusal code, String message) {
    branches.tidy(row.branch(), row.made().base());
    row.note(ChangeState.REFUSED, ChangeProgress.NONE, code + ": " + message);
    return new ChangeHalt(new ChangeResult.Refused(code, message, Optional.of(row.record())));
  }

  /** Returns the branch that it goes into, asked for once. */
  private String into() {
    if (into.isEmpty()) {
      into = settings.into().orElseGet(branches::defaultBranch);
    }
    return into;
  }
}
