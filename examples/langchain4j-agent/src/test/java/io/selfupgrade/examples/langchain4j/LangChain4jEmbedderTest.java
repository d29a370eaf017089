package io.selfupgrade.examples.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.memory.Embedding;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LangChain4jEmbedderTest {

  @Test
  void theLocalModelFindsAlikeWhatMeansTheSame() {
    LangChain4jEmbedder local = LangChain4jEmbedder.local();

    List<float[]> vectors =
        local.embed(
            List.of("The cat sleeps on the sofa.", "A kitten naps on a couch.", "Taxes rise."));

    assertThat(vectors).hasSize(3).allMatch(vector -> vector.length == local.dimension());
    Embedding cat = Embedding.of(local.model(), vectors.get(0));
    assertThat(cat.cosine(Embedding.of(local.model(), vectors.get(1)))).isGreaterThan(0.6);
    assertThat(cat.cosine(Embedding.of(local.model(), vectors.get(2)))).isLessThan(0.3);
  }
}
