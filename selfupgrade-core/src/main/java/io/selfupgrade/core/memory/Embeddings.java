package io.selfupgrade.core.memory;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.memory.Embedding;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the host's embedder, and checks what it returns.
 *
 * <p>Thread-safe. That it fails is logged once, and once that it works again. The log tells the
 * kind of an exception and not its message, which may hold a secret of the host's.
 */
final class Embeddings {

  /** Most texts in one call of the embedder. */
  static final int MOST_TEXTS = 256;

  /** Most characters in one call, unless a single text has more. */
  static final int MOST_CHARACTERS = 400_000;

  private static final Logger LOG = LoggerFactory.getLogger(MemoryEngine.class);
  private static final String PORT = "Embedder";

  private final EmbeddingModel model;
  private final AtomicBoolean failing = new AtomicBoolean();

  Embeddings(EmbeddingModel model) {
    this.model = model;
  }

  String name() {
    return model.name();
  }

  int dimension() {
    return model.dimension();
  }

  /**
   * Embeds what is looked for.
   *
   * @throws AdapterException if the embedder fails, or returns what is no vector of its model
   */
  Embedding ofQuery(String text) {
    return asked("a query", () -> checked(0, model.embedder().embedQuery(text)));
  }

  /**
   * Embeds texts, in one call of the embedder.
   *
   * @param texts at most {@link #MOST_TEXTS}
   * @throws AdapterException as {@link #ofQuery}
   */
  List<Embedding> of(List<String> texts) {
    return asked(texts.size() + " texts", () -> checked(texts, model.embedder().embed(texts)));
  }

  /**
   * Embeds as many texts as the embedder does, in calls of a fair size.
   *
   * @return one each, in their order; none from the first call on that fails
   */
  List<Optional<Embedding>> ofAll(List<String> texts) {
    List<Optional<Embedding>> made = new ArrayList<>(texts.size());
    boolean works = true;
    while (made.size() < texts.size()) {
      List<String> some = texts.subList(made.size(), made.size() + fair(texts, made.size()));
      works = works && addAll(some, made);
      if (!works) {
        some.forEach(text -> made.add(Optional.empty()));
      }
    }
    return made;
  }

  private boolean addAll(List<String> some, List<Optional<Embedding>> made) {
    try {
      of(List.copyOf(some)).forEach(embedding -> made.add(Optional.of(embedding)));
      return true;
    } catch (AdapterException e) {
      LOG.debug("{} texts are kept without vectors", some.size(), e);
      return false;
    }
  }

  /** Returns how many texts from there on make a call of a fair size; one or more. */
  static int fair(List<String> texts, int from) {
    int end = from + 1;
    long characters = texts.get(from).length();
    while (end < texts.size() && end - from < MOST_TEXTS) {
      characters += texts.get(end).length();
      if (characters > MOST_CHARACTERS) {
        break;
      }
      end++;
    }
    return end - from;
  }

  private <T> T asked(String what, Supplier<T> call) {
    try {
      T answer = call.get();
      if (failing.getAndSet(false)) {
        LOG.info("the embedder {} works again", model.name());
      }
      return answer;
    } catch (AdapterException e) {
      told(e.getMessage());
      throw e;
    } catch (RuntimeException e) {
      // The host's code: whatever it throws, memories are kept and found by their words.
      told("it threw " + e.getClass().getName());
      throw new AdapterException(
          PORT,
          "embedding " + what + " by the model " + model.name() + " failed: its cause says why",
          true,
          e);
    }
  }

  private void told(@Nullable String why) {
    if (failing.getAndSet(true)) {
      LOG.debug("the embedder {} still fails: {}", model.name(), why);
    } else {
      LOG.warn(
          "the embedder {} fails: {}; until it works again memories are kept without vectors and"
              + " looked for by their words",
          model.name(),
          why);
    }
  }

  private List<Embedding> checked(List<String> texts, @Nullable List<float[]> vectors) {
    int seen = vectors == null ? 0 : vectors.size();
    if (vectors == null || seen != texts.size()) {
      throw refused(seen + " vectors for " + texts.size() + " texts: expected one each");
    }
    List<Embedding> made = new ArrayList<>(seen);
    for (float[] vector : vectors) {
      made.add(checked(made.size(), vector));
    }
    return made;
  }

  private Embedding checked(int place, float @Nullable [] vector) {
    if (vector == null || vector.length != model.dimension()) {
      throw refused(
          (vector == null ? "null" : "a vector of " + vector.length + " numbers")
              + " at "
              + place
              + ": expected "
              + model.dimension());
    }
    try {
      return Embedding.of(model.name(), vector);
    } catch (IllegalArgumentException e) {
      throw refused("what is no vector at " + place + ": " + e.getMessage());
    }
  }

  private AdapterException refused(String what) {
    return new AdapterException(
        PORT, "the model " + model.name() + " returned " + what, false, null);
  }
}
