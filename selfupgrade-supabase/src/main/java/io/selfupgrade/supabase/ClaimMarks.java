package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
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
  Looking looking(AgentName agent, Map<String, Integer> most) {
    long nanos = nanoTime.getAsLong();
    Map<String, Mark> from = new LinkedHashMap<>();
    most.forEach(
        (handler, number) -> {
          Mark mark = marks.get(new Queue(agent, handler));
          boolean old = mark == null || nanos - mark.sinceNanos() > LONGEST.toNanos();
          from.put(handler, old ? new Mark(Place.BEGINNING, nanos) : mark);
        });
    return new Looking(agent, most, from);
  }

  /**
   * Takes over what a look found; returns where to look once more, of no handler if all is done.
   *
   * @param counts how many it found, by handler
   * @param last the last of them, by handler
   */
  Looking looked(Looking looking, Map<String, Integer> counts, Map<String, Place> last) {
    Map<String, Integer> missing = new LinkedHashMap<>();
    Map<String, Mark> from = new LinkedHashMap<>();
    looking.most.forEach(
        (handler, number) -> {
          Queue queue = new Queue(looking.agent, handler);
          Mark mark = looking.from.get(handler);
          Place reached = last.get(handler);
          int found = counts.getOrDefault(handler, 0);
          if (found >= number && reached != null) {
            marks.put(queue, new Mark(reached, mark.sinceNanos()));
            return;
          }
          marks.remove(queue);
          if (found < number && mark.place() != Place.BEGINNING) {
            missing.put(handler, number - found);
            from.put(handler, new Mark(Place.BEGINNING, mark.sinceNanos()));
          }
        });
    return new Looking(looking.agent, missing, from);
  }

  private record Queue(AgentName agent, String handler) {}

  private record Mark(Place place, long sinceNanos) {}

  /** What one look asks for. */
  static final class Looking {
    private final AgentName agent;
    private final Map<String, Integer> most;
    private final Map<String, Mark> from;

    private Looking(AgentName agent, Map<String, Integer> most, Map<String, Mark> from) {
      this.agent = agent;
      this.most = most;
      this.from = from;
    }

    Map<String, Integer> most() {
      return most;
    }

    /** Returns after which place to look. */
    Place after(String handler) {
      return from.get(handler).place();
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
      return micros == Long.MIN_VALUE ? null : micros;
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
