package io.selfupgrade.core.observe;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.observe.Budget;
import io.selfupgrade.observe.BudgetStore;
import io.selfupgrade.observe.HealthReport.Finding;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the last measurement of the database; the primary says once when room gets tight.
 *
 * <p>What was said is said again only after there was clearly room in between. Figures stay until
 * there are others, and are called old where they may be. Thread-safe.
 */
final class BudgetDesk {

  static final String PART = "budget";

  private static final Logger LOG = LoggerFactory.getLogger(ObserveEngine.class);
  private static final Duration SOON = Duration.ofDays(14);
  private static final Duration NOT_SOON = Duration.ofDays(21);
  private static final double MUCH = 0.80;
  private static final double NOT_MUCH = 0.75;
  private static final long MEGA = 1_000_000;

  private final BudgetStore store;
  private final OptionalLong limitBytes;
  private final Consumer<String> teller;
  private final Set<Tightness> told = EnumSet.noneOf(Tightness.class);
  private volatile @Nullable Budget last;
  private volatile boolean old;
  private volatile Optional<String> trouble = Optional.empty();

  /** What can get tight. */
  private enum Tightness {
    SIZE,
    GROWTH,
    CONNECTIONS,
    QUIET
  }

  /**
   * Prepares the desk.
   *
   * @param store what measures
   * @param limitBytes how large the database may become; empty for what the store knows
   * @param teller brings a line into the agent's log
   */
  BudgetDesk(BudgetStore store, OptionalLong limitBytes, Consumer<String> teller) {
    this.store = store;
    this.limitBytes = limitBytes;
    this.teller = teller;
  }

  /** Returns the last measurement; no I/O. */
  Optional<Budget> last() {
    return Optional.ofNullable(last);
  }

  /** Notes that the last measurement may not be how things are any more. */
  void mayBeOld() {
    old = true;
  }

  /**
   * Measures.
   *
   * @param leads whether this instance is the one that says what it finds
   * @throws AdapterException if the store is away
   */
  void measure(boolean leads) {
    BudgetStore.Measurement measured;
    try {
      measured = store.measure();
    } catch (AdapterException e) {
      mayBeOld();
      if (e.retryable()) {
        throw e;
      }
      if (trouble.isEmpty()) {
        LOG.warn("the room that the database has left cannot be measured", e);
      }
      trouble = Optional.of(String.valueOf(e.getMessage()));
      return;
    }
    trouble = Optional.empty();
    Budget budget = Budget.of(limited(measured));
    last = budget;
    old = false;
    if (leads) {
      tell(budget);
    }
  }

  private BudgetStore.Measurement limited(BudgetStore.Measurement measured) {
    if (limitBytes.isEmpty()) {
      return measured;
    }
    return new BudgetStore.Measurement(
        measured.at(),
        measured.databaseBytes(),
        measured.tables(),
        measured.connections(),
        measured.earlier(),
        measured.plan().withLimit(limitBytes.getAsLong()));
  }

  private synchronized void tell(Budget budget) {
    List<String> news = new ArrayList<>();
    for (Tightness kind : Tightness.values()) {
      if (tight(kind, budget, true) && told.add(kind)) {
        news.add(words(kind, budget));
      } else if (!tight(kind, budget, false)) {
        told.remove(kind);
      }
    }
    if (!news.isEmpty()) {
      String line = "the database's room gets tight: " + String.join("; ", news);
      LOG.warn("{}", line);
      teller.accept(line);
    }
  }

  /** Judges by the line at which something gets tight, or by that at which it no longer is. */
  private static boolean tight(Tightness kind, Budget budget, boolean gets) {
    double share = gets ? MUCH : NOT_MUCH;
    Duration days = gets ? SOON : NOT_SOON;
    return switch (kind) {
      case SIZE -> budget.size().share() > share;
      case GROWTH -> budget.untilFull().filter(left -> left.compareTo(days) < 0).isPresent();
      case CONNECTIONS -> budget.connections().share() > share;
      case QUIET -> budget.quiet().halfway();
    };
  }

  private static String words(Tightness kind, Budget budget) {
    return switch (kind) {
      case SIZE -> size(budget) + ", " + percent(budget.size().share()) + " of the limit";
      case GROWTH -> size(budget) + growth(budget);
      case CONNECTIONS -> connections(budget) + " in use";
      case QUIET ->
          "nobody used the database for "
              + budget.quiet().longest().toDays()
              + " days, and it is put to sleep after "
              + budget.quiet().pausesAfter().map(Duration::toDays).orElse(0L);
    };
  }

  /** Returns what is known; no I/O. */
  Finding finding() {
    if (trouble.isPresent()) {
      return Finding.degraded(
          PART, "cannot be measured: " + trouble.get(), "let the login read what it needs");
    }
    Budget budget = last;
    if (budget == null) {
      return Finding.up(PART, "not measured yet: it is within a minute, and then every hour");
    }
    String since = old ? ", as of " + budget.at().truncatedTo(ChronoUnit.SECONDS) : "";
    String seen = size(budget) + growth(budget) + ", " + connections(budget) + since;
    List<String> remedies = new ArrayList<>();
    if (tight(Tightness.SIZE, budget, true) || tight(Tightness.GROWTH, budget, true)) {
      remedies.add(
          "make room: observe(o -> o.retention(...)) for shorter times, a larger plan, or"
              + " observe(o -> o.databaseLimit(...)) if there is one already");
    }
    if (tight(Tightness.CONNECTIONS, budget, true)) {
      remedies.add("end other clients, make pools smaller, or allow more connections");
    }
    return remedies.isEmpty()
        ? Finding.up(PART, seen)
        : Finding.degraded(PART, seen, String.join("; ", remedies));
  }

  private static String size(Budget budget) {
    OptionalLong limit = budget.size().limitBytes();
    return mega(budget.size().databaseBytes())
        + (limit.isEmpty() ? " MB" : " of " + mega(limit.getAsLong()) + " MB");
  }

  private static String growth(Budget budget) {
    if (budget.growth().over().isZero()) {
      return "";
    }
    String each =
        String.format(Locale.ROOT, ", %+.1f MB a day", (double) budget.growth().bytesADay() / MEGA);
    return each + budget.untilFull().map(left -> ", full in " + left.toDays() + " days").orElse("");
  }

  private static String connections(Budget budget) {
    return budget.connections().used() + " of " + budget.connections().most() + " connections";
  }

  private static long mega(long bytes) {
    return (bytes + MEGA - 1) / MEGA;
  }

  private static String percent(double share) {
    return Math.round(share * 100) + " %";
  }
}
