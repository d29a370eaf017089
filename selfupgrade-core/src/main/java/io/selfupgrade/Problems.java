package io.selfupgrade;

import io.selfupgrade.agent.ConfigurationException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What is wrong with an agent's settings, so that {@code build()} names all of it at once.
 *
 * <p>Each problem begins with the builder call that mends it, or names it.
 */
final class Problems {

  private final List<String> found = new ArrayList<>();
  private final List<Throwable> causes = new ArrayList<>();

  /** Adds a problem. */
  void add(String problem) {
    found.add(problem);
  }

  /** Adds problems. */
  void add(List<String> problems) {
    found.addAll(problems);
  }

  /** Adds those of another description, with what led to them. */
  void add(Problems others) {
    found.addAll(others.found);
    causes.addAll(others.causes);
  }

  /** Notes a setting that is made twice, where the second would silently replace the first. */
  void once(String call, @Nullable Object before) {
    if (before != null) {
      add(call + " is called twice: call it once");
    }
  }

  /**
   * Tells whether a value was given; notes it if not.
   *
   * @param expected what to give, or that the call may be left out
   */
  boolean given(String call, @Nullable Object value, String expected) {
    if (value == null) {
      add(call + " got null: " + expected);
    }
    return value != null;
  }

  /** Makes a part, or notes why it cannot be made. */
  <T> Optional<T> of(String call, Supplier<T> part) {
    try {
      return Optional.of(part.get());
    } catch (IllegalArgumentException | UncheckedIOException e) {
      note(call + ": " + e.getMessage(), e);
    } catch (ConfigurationException e) {
      e.problems().forEach(problem -> note(call + ": " + problem, e));
    }
    return Optional.empty();
  }

  private void note(String problem, Throwable cause) {
    found.add(problem);
    causes.add(cause);
  }

  /**
   * Ends the search.
   *
   * @throws ConfigurationException if there is a problem
   */
  void throwIfAny() {
    if (!found.isEmpty()) {
      ConfigurationException all = new ConfigurationException(found);
      causes.forEach(all::addSuppressed);
      throw all;
    }
  }
}
