package io.selfupgrade.core.conversation;

import io.selfupgrade.conversation.ConversationStore.Showing;
import io.selfupgrade.conversation.ConversationStore.Span;
import io.selfupgrade.conversation.Message;
import io.selfupgrade.conversation.Posted;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Finds out what became of a context, from its messages before and a list of what it is to be.
 *
 * <p>Frameworks hand over whole lists, in which nothing says which message is which. What they do
 * to them is mostly this: some go from the front, others come at the end, and the system message
 * stays, or is another one, wherever it stands. So system messages are known again by what they
 * say. Of the others first the longest end of the present context is looked for that the list
 * begins with; where there is none, the longest common subsequence, unless all of them seem to have
 * gone and a few equal ones come. A list that is equal to the present context is one in which
 * nothing happened, even where a message may have gone and an equal one come.
 */
final class Alignment {

  /** Beyond so many comparisons only what stands at both ends is known again. */
  private static final long MOST_COMPARISONS = 4_000_000;

  private static final long NEW = 0;

  private final List<Posted> present;
  private final List<Message> wanted;

  /** For each wanted message the sequence of the one that it is. */
  private final long[] known;

  /** The places of those that are no system messages. */
  private final int[] old;

  private final int[] now;

  private Alignment(List<Posted> present, List<Message> wanted) {
    this.present = present;
    this.wanted = wanted;
    this.known = new long[wanted.size()];
    this.old = others(present.stream().map(Posted::message).toList());
    this.now = others(wanted);
  }

  private static int[] others(List<Message> messages) {
    return IntStream.range(0, messages.size())
        .filter(i -> messages.get(i).role() != Message.Role.SYSTEM)
        .toArray();
  }

  /**
   * Returns what has to be written.
   *
   * @param present the context as it is
   * @param last the sequence of the conversation's last message
   * @param wanted the context as it is to be
   */
  static Showing of(List<Posted> present, long last, List<Message> wanted) {
    Alignment alignment = new Alignment(present, wanted);
    alignment.systemMessages();
    if (!alignment.movedOn()) {
      alignment.inOrder();
      alignment.forgetChance();
    }
    return alignment.showing(last);
  }

  private void systemMessages() {
    Map<Message, Deque<Long>> left = new HashMap<>();
    for (Posted posted : present) {
      if (posted.message().role() == Message.Role.SYSTEM) {
        left.computeIfAbsent(posted.message(), unused -> new ArrayDeque<>()).add(posted.sequence());
      }
    }
    for (int j = 0; j < wanted.size(); j++) {
      Deque<Long> same = left.get(wanted.get(j));
      if (same != null && !same.isEmpty()) {
        known[j] = same.remove();
      }
    }
  }

  /** Finds the longest end of the present context that the wanted one begins with. */
  private boolean movedOn() {
    for (int gone = Math.max(0, old.length - now.length); gone < old.length; gone++) {
      int rest = old.length - gone;
      if (same(gone, rest)) {
        for (int i = 0; i < rest; i++) {
          use(gone + i, i);
        }
        return true;
      }
    }
    return false;
  }

  private boolean same(int from, int count) {
    for (int i = 0; i < count; i++) {
      if (!equal(from + i, i)) {
        return false;
      }
    }
    return true;
  }

  private void inOrder() {
    int begin = 0;
    int shorter = Math.min(old.length, now.length);
    while (begin < shorter && equal(begin, begin)) {
      use(begin, begin);
      begin++;
    }
    int oldEnd = old.length;
    int nowEnd = now.length;
    while (oldEnd > begin && nowEnd > begin && equal(oldEnd - 1, nowEnd - 1)) {
      oldEnd--;
      nowEnd--;
      use(oldEnd, nowEnd);
    }
    if ((long) (oldEnd - begin) * (nowEnd - begin) <= MOST_COMPARISONS) {
      common(begin, oldEnd - begin, nowEnd - begin);
    }
  }

  /** Better a message twice than one lost: a few that are equal are no sign that they stayed. */
  private void forgetChance() {
    long matched = IntStream.of(now).filter(place -> known[place] != NEW).count();
    boolean lastStayed =
        old.length > 0
            && IntStream.of(now)
                .anyMatch(place -> known[place] == present.get(old[old.length - 1]).sequence());
    boolean most = 2 * matched > Math.min(old.length, now.length);
    if (!lastStayed && !most && matched < now.length) {
      IntStream.of(now).forEach(place -> known[place] = NEW);
    }
  }

  /** The longest common subsequence, of those that are equally long the latest. */
  private void common(int begin, int rows, int columns) {
    int[][] lengths = new int[rows + 1][columns + 1];
    for (int i = 1; i <= rows; i++) {
      for (int j = 1; j <= columns; j++) {
        lengths[i][j] =
            equal(begin + i - 1, begin + j - 1)
                ? lengths[i - 1][j - 1] + 1
                : Math.max(lengths[i - 1][j], lengths[i][j - 1]);
      }
    }
    int i = rows;
    int j = columns;
    while (i > 0 && j > 0) {
      if (equal(begin + i - 1, begin + j - 1)) {
        i--;
        j--;
        use(begin + i, begin + j);
      } else if (lengths[i][j - 1] >= lengths[i - 1][j]) {
        j--;
      } else {
        i--;
      }
    }
  }

  private Showing showing(long last) {
    List<Message> added = new ArrayList<>();
    List<Span> spans = new ArrayList<>();
    long next = last;
    long first = NEW;
    long end = NEW;
    for (int j = 0; j < wanted.size(); j++) {
      long sequence = known[j];
      if (sequence == NEW) {
        next++;
        sequence = next;
        added.add(wanted.get(j));
      }
      if (first != NEW && sequence != end + 1) {
        spans.add(new Span(first, end));
        first = NEW;
      }
      first = first == NEW ? sequence : first;
      end = sequence;
    }
    // What is said later joins in.
    if (first == NEW) {
      spans.add(new Span(next + 1, Span.OPEN));
    } else if (end == next) {
      spans.add(new Span(first, Span.OPEN));
    } else {
      spans.add(new Span(first, end));
      spans.add(new Span(next + 1, Span.OPEN));
    }
    return new Showing(added, spans);
  }

  private boolean equal(int i, int j) {
    return present.get(old[i]).message().equals(wanted.get(now[j]));
  }

  private void use(int i, int j) {
    known[now[j]] = present.get(old[i]).sequence();
  }
}
