package io.selfupgrade.core.memory;

import io.selfupgrade.memory.Embedder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/** An embedder that knows a few synonyms, counts its calls and fails on demand. */
public final class WordEmbedder implements Embedder {

  private static final Pattern WORD = Pattern.compile("\\W+");
  private static final Map<String, Integer> MEANINGS =
      Map.of("cat", 0, "kitten", 0, "car", 1, "automobile", 1, "rain", 2, "shower", 2);

  private final String model;
  private final int dimension;
  private final List<String> asked = new ArrayList<>();
  private int calls;
  private boolean away;
  private String refused = "\0";
  private UnaryOperator<List<float[]>> answer = vectors -> vectors;

  /** Makes one with vectors of that length, 4 or more. */
  public WordEmbedder(String model, int dimension) {
    this.model = model;
    this.dimension = dimension;
  }

  @Override
  public String model() {
    return model;
  }

  @Override
  public int dimension() {
    return dimension;
  }

  @Override
  public synchronized List<float[]> embed(List<String> texts) {
    calls++;
    if (away || texts.stream().anyMatch(text -> text.contains(refused))) {
      throw new IllegalStateException("the key sk-secret was not accepted");
    }
    asked.addAll(texts);
    return answer.apply(new ArrayList<>(texts.stream().map(this::vector).toList()));
  }

  private float[] vector(String text) {
    float[] vector = new float[dimension];
    vector[3] = 0.1f;
    for (String word : WORD.splitAsStream(text.toLowerCase(Locale.ROOT)).toList()) {
      Integer axis = MEANINGS.get(word);
      vector[axis == null ? 3 : axis] += axis == null ? 0.1f : 1;
    }
    return vector;
  }

  /** Makes each call fail, or not. */
  public synchronized void away(boolean failing) {
    away = failing;
  }

  /** Makes calls with such a text fail. */
  public synchronized void refuse(String part) {
    refused = part;
  }

  /** Makes it answer something else. */
  public synchronized void answer(UnaryOperator<List<float[]>> other) {
    answer = other;
  }

  /** Returns how often it was called. */
  public synchronized int calls() {
    return calls;
  }

  /** Returns the texts that it has embedded. */
  public synchronized List<String> asked() {
    return List.copyOf(asked);
  }
}
