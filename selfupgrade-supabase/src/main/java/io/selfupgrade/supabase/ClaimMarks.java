package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How far the claims of this process have come in each queue, so that the next one does not pass
 * over all that is being run, or has ended.
 *
 * <p>What has ended stays in the index for as long as any transaction of the database may still see
 * it. A look from the beginning passes over all of it: beside another instance, which waits for the
 * lead in a statement, that were 30 to 70 entries for each task. So a look goes on where the last
 * one ended, while each of them finds as much as it asks for, and begins anew once a second and
 * whenever one finds less: what was given back, or is due earlier than what was submitted before,
 * waits no longer.
 *
 * <p>Thread-safe.
 */
final class ClaimMarks {

  private static final Duration LONGEST = Duration.ofSeconds(1);

  private final LongSupplier nanoTime;
  private final Map<Queue, Mark> marks = new ConcurrentHashMap<>();

  ClaimMarks(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Returns where to look for work, of each handler as much as is asked for. */
  List<Ask> asks(AgentName agent, Map<String, Integer> most) {
    long nanos = nanoTime.getAsLong();
    List<Ask> asks = new ArrayList<>();
    most.forEach(
        (handler, number) -> {
          Mark beginning = new Mark(Place.BEGINNING, nanos);
          Mark mark = marks.getOrDefault(new Queue(agent, handler), beginning);
          boolean old = nanos - mark.sinceNanos() > LONGEST.toNanos();
          asks.add(new Ask(handler, number, old ? beginning : mark));
        });
    return asks;
  }

  /**
   * Takes over what a look found; returns where to look once more, of no handler if all is done.
   *
   * @param counts how many it found, by handler
   * @param last the last of them, by handler
   */
  List<Ask> found(
      AgentName agent, List<Ask> asks, Map<String, Integer> counts, Map<String, Place> last) {
    List<Ask> again = new ArrayList<>();
    for (Ask ask : asks) {
      Queue queue = new Queue(agent, ask.handler());
      int missing = ask.most() - counts.getOrDefault(ask.handler(), 0);
      Place reached = last.get(ask.handler());
      if (missing <= 0 && reached != null) {
        marks.put(queue, new Mark(reached, ask.from().sinceNanos()));
        continue;
      }
      marks.remove(queue);
      if (missing > 0 && !ask.from().place().isBeginning()) {
        Mark beginning = new Mark(Place.BEGINNING, ask.from().sinceNanos());
        again.add(new Ask(ask.handler(), missing, beginning));
      }
    }
    return again;
  }

  private record Queue(AgentName agent, String handler) {}

  private record Mark(Place place, long sinceNanos) {}

  /** What is asked for: how many of a handler, after which place. */
  static final class Ask {
    private final String handler;
    private final int most;
    private final Mark from;

    private Ask(String handler, int most, Mark from) {
      this.handler = handler;
      this.most = most;
      this.from = from;
    }

    String handler() {
      return handler;
    }

    int most() {
      return most;
    }

    Place after() {
      return from.place();
    }

    private Mark from() {
      return from;
    }
  }

  /**
   * A place in a queue, which is in the order of the index.
   *
   * @param micros since when it is ready, in microseconds of the epoch
   * @param id of the one-shot
   */
  record Place(long micros, UUID id) {

    static final Place BEGINNING = new Place(Long.MIN_VALUE, new UUID(0, 0));

    static Place of(Instant ready, UUID id) {
      return new Place(Arguments.micros(ready), id);
    }

    /** Returns {@link #micros}, or nothing for the beginning, as the statement takes it. */
    @Nullable Long microsIfAny() {
      return isBeginning() ? null : micros;
    }

    boolean isBeginning() {
      return micros == Long.MIN_VALUE;
    }

    /** Returns the later one; the server compares ids by their bytes. */
    Place later(Place other) {
      int order = Long.compare(micros, other.micros);
      if (order == 0) {
        order =
            Long.compareUnsigned(id.getMostSignificantBits(), other.id.getMostSignificantBits());
      }
      if (order == 0) {
        order =
            Long.compareUnsigned(id.getLeastSignificantBits(), other.id.getLeastSignificantBits());
      }
      return order >= 0 ? this : other;
    }
  }
}
