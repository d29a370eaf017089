package io.selfupgrade.examples.langchain4j;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.output.Response;
import java.util.List;
import java.util.Locale;

/** A model that finds texts alike that have letters in common; quick, and always the same. */
final class Trigrams implements EmbeddingModel {

  private static final int DIMENSION = 64;

  static LangChain4jEmbedder embedder() {
    return new LangChain4jEmbedder("trigrams", new Trigrams());
  }

  @Override
  public int dimension() {
    return DIMENSION;
  }

  @Override
  public Response<List<Embedding>> embedAll(List<TextSegment> segments) {
    return Response.from(
        segments.stream().map(each -> Embedding.from(vector(each.text()))).toList());
  }

  private static float[] vector(String text) {
    String padded = "  " + text.toLowerCase(Locale.ROOT) + "  ";
    float[] counts = new float[DIMENSION];
    for (int i = 0; i + 3 <= padded.length(); i++) {
      counts[Math.floorMod(padded.substring(i, i + 3).hashCode() * 31, DIMENSION)]++;
    }
    return counts;
  }
}
