package io.selfupgrade.examples.langchain4j;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.onnx.allminilml6v2q.AllMiniLmL6V2QuantizedEmbeddingModel;
import io.selfupgrade.memory.Embedder;
import java.util.List;

/** An embedding model of LangChain4j as the agent's {@link Embedder}. */
final class LangChain4jEmbedder implements Embedder {

  private final String name;
  private final EmbeddingModel vectors;

  LangChain4jEmbedder(String name, EmbeddingModel vectors) {
    this.name = name;
    this.vectors = vectors;
  }

  /** Loads a small model for English that runs in this process, without a key and a network. */
  static LangChain4jEmbedder local() {
    // The library that splits texts into tokens asks Amazon's machines where it runs, unless told
    // not to.
    System.setProperty("OPT_OUT_TRACKING", "true");
    return new LangChain4jEmbedder(
        "all-minilm-l6-v2-q", new AllMiniLmL6V2QuantizedEmbeddingModel(Runnable::run));
  }

  /** Returns the model as LangChain4j knows it. */
  EmbeddingModel vectors() {
    return vectors;
  }

  @Override
  public String model() {
    return name;
  }

  @Override
  public int dimension() {
    return vectors.dimension();
  }

  @Override
  public List<float[]> embed(List<String> texts) {
    return vectors.embedAll(texts.stream().map(TextSegment::from).toList()).content().stream()
        .map(Embedding::vector)
        .toList();
  }
}
