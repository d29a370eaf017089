package io.selfupgrade.examples.springai;

import java.util.Locale;
import java.util.stream.IntStream;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.AbstractEmbeddingModel;
import org.springframework.ai.embedding.Embedding;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;

/** Stands in for a model where no key is set: texts are alike that have words in common. */
final class HashedWords extends AbstractEmbeddingModel {

  static final String NAME = "hashed-words";
  static final int DIMENSION = 256;

  /** Keeps a text without words from having no direction. */
  private static final float LITTLE = 0.01f;

  @Override
  public EmbeddingResponse call(EmbeddingRequest request) {
    return new EmbeddingResponse(
        IntStream.range(0, request.getInstructions().size())
            .mapToObj(i -> new Embedding(vector(request.getInstructions().get(i)), i))
            .toList());
  }

  @Override
  public float[] embed(Document document) {
    String text = getEmbeddingContent(document);
    return vector(text == null ? "" : text);
  }

  @Override
  public int dimensions() {
    return DIMENSION;
  }

  private static float[] vector(String text) {
    float[] vector = new float[DIMENSION];
    vector[0] = LITTLE;
    for (String word : text.toLowerCase(Locale.ROOT).split("[^\\p{L}\\p{N}]+", -1)) {
      if (!word.isEmpty()) {
        vector[1 + Math.floorMod(word.hashCode(), DIMENSION - 1)] += 1;
      }
    }
    return vector;
  }
}
