package io.selfupgrade.github;

import io.selfupgrade.change.Change;
import io.selfupgrade.change.ChangeRecord;
import io.selfupgrade.change.Proposer.Author;

/**
 * What a change says on GitHub.
 *
 * <p>Title and reason may come from a model. The title was looked through by the policy; the reason
 * stands in a block of code, where GitHub acts on nothing in it.
 */
final class ChangeWords {

  private static final String ID = "SelfUpgrade-Change: ";
  private static final String DIGEST = "SelfUpgrade-Digest: ";

  private ChangeWords() {}

  static String branch(ChangeRecord record) {
    return "selfupgrade/" + record.id();
  }

  /** Returns the message of the commit, below its first line. */
  static String message(ChangeRecord record, Author author) {
    return "Proposed by "
        + described(author)
        + "; its pull request says why.\n\n"
        + ID
        + record.id()
        + "\n"
        + DIGEST
        + record.brief().digest();
  }

  /** Tells whether a commit says that it is of this change. */
  static boolean names(String message, ChangeRecord record) {
    return message.lines().anyMatch(line -> line.equals(ID + record.id()))
        && message.lines().anyMatch(line -> line.equals(DIGEST + record.brief().digest()));
  }

  static String body(ChangeRecord record, Change change, Author author) {
    String fence = fence(change.reason());
    return "This change is proposed by "
        + described(author)
        + ", to its own source.\n\n"
        + "Why, in the agent's words. They may come from a model, or from whoever talked to it:"
        + " judge what is changed, not what is said of it.\n\n"
        + fence
        + "text\n"
        + change.reason()
        + "\n"
        + fence
        + "\n\n- written: "
        + change.files().size()
        + ", deleted: "
        + change.deletions().size()
        + "\n- change: `"
        + record.id()
        + "`\n- digest: `"
        + record.brief().digest()
        + "`\n";
  }

  private static String described(Author author) {
    return "agent " + author.agent() + " " + author.version() + ", instance " + author.instance();
  }

  /** Returns a fence that is longer than any in the text. */
  private static String fence(String text) {
    int longest = 0;
    int run = 0;
    for (int i = 0; i < text.length(); i++) {
      run = text.charAt(i) == '`' ? run + 1 : 0;
      longest = Math.max(longest, run);
    }
    return "`".repeat(Math.max(3, longest + 1));
  }
}
