package io.selfupgrade.examples.springai;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.AbstractEmbeddingModel;
import org.springframework.ai.embedding.Embedding;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;

/** Gives directions their vectors, and counts how many texts it was given at once. */
final class CountingModel extends AbstractEmbeddingModel {

  static final String NAME = "compass";
  static final int DIMENSION = 3;
  static final String FAILS = "fails";

  private final List<Integer> batches = new ArrayList<>();

  @Override
  public EmbeddingResponse call(EmbeddingRequest request) {
    List<String> texts = request.getInstructions();
    batches.add(texts.size());
    return new EmbeddingResponse(
        IntStream.range(0, texts.size())
            .mapToObj(i -> new Embedding(vector(texts.get(i)), i))
            .toList());
  }

  @Override
  public float[] embed(Document document) {
    return vector(getEmbeddingContent(document));
  }

  @Override
  public int dimensions() {
    return DIMENSION;
  }

  /** How many texts at once, of what was embedded so far. */
  List<Integer> batches() {
    return List.copyOf(batches);
  }

  private static float[] vector(String text) {
    return switch (text) {
      case "north" -> new float[] {0, 1, 0};
      case "northeast" -> new float[] {1, 1, 0};
      case "east" -> new float[] {1, 0, 0};
      case "south" -> new float[] {0, -1, 0};
      case "west" -> new float[] {-1, 0, 0};
      case FAILS -> throw new IllegalStateException("cannot embed " + text);
      default -> new float[] {1, 1, 1};
    };
  }
}
