package io.selfupgrade.examples.benchmarks.memory;

import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.examples.benchmarks.Contest;
import io.selfupgrade.examples.benchmarks.IncorrectException;
import io.selfupgrade.examples.benchmarks.Progress;
import io.selfupgrade.examples.benchmarks.Report;
import io.selfupgrade.examples.benchmarks.Report.Target;
import io.selfupgrade.examples.benchmarks.Server;
import io.selfupgrade.examples.benchmarks.UsageException;
import io.selfupgrade.memory.Embedder;
import io.selfupgrade.memory.Imported;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.Ranking;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Recalled;
import io.selfupgrade.supabase.MemoryStorage;
import io.selfupgrade.supabase.PostgresStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Whether questions of people find the section of the documentation that answers them: by words, by
 * meaning, and by both, with a model that runs here.
 */
final class Quality {

  private static final String MODEL_CLASS =
      "dev.langchain4j.model.embedding.onnx.allminilml6v2q.AllMiniLmL6V2QuantizedEmbeddingModel";
  private static final String MODEL = "all-MiniLM-L6-v2-q";
  private static final int DIMENSIONS = 384;
  private static final int HITS = 5;

  private static final List<Target> TARGETS =
      List.of(
          Target.atLeast("hybrid_vs_better_way", 1),
          Target.atLeast("hybrid_vs_better_way_english", 1));

  private final Server server;
  private final Path documents;
  private final Progress progress;
  private final List<Question> questions = questions();

  Quality(Server server, Path documents, Progress progress) {
    this.server = server;
    this.documents = documents;
    this.progress = progress;
  }

  /**
   * Something that a person may ask.
   *
   * @param file where the answer is
   * @param heading of the section, or its beginning
   * @param text what is asked
   */
  record Question(String file, String heading, String text) {

    boolean answeredBy(Memory memory) {
      String first = memory.content().lines().findFirst().orElse("");
      return memory.metadata().text().contains('"' + file + '"') && first.contains(heading);
    }
  }

  /** Refuses to go on without the model. */
  static void requireModel() {
    try {
      Class.forName(MODEL_CLASS);
    } catch (ClassNotFoundException e) {
      throw new UsageException(
          "--quality needs an embedding model, which is not in this jar: build it by"
              + " ./mvnw -q -DskipTests -Pembedding-model -pl examples/benchmarks -am package");
    }
  }

  private static List<Question> questions() {
    try (InputStream in = Quality.class.getResourceAsStream("questions.tsv")) {
      if (in == null) {
        throw new IllegalStateException("questions.tsv is not in the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(line -> line.split("\t"))
          .map(parts -> new Question(parts[0], parts[1], parts[2]))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Embedder embedder() throws ReflectiveOperationException {
    EmbeddingModel model =
        Class.forName(MODEL_CLASS)
            .asSubclass(EmbeddingModel.class)
            .getDeclaredConstructor()
            .newInstance();
    return Embedder.of(
        MODEL,
        DIMENSIONS,
        texts ->
            model.embedAll(texts.stream().map(TextSegment::from).toList()).content().stream()
                .map(embedding -> embedding.vector())
                .toList());
  }

  /** Imports the documents and asks all questions. */
  Report run() throws Exception {
    Embedder embedder = embedder();
    List<Contest.Outcome> outcomes = new ArrayList<>();
    Map<String, Double> figures = new LinkedHashMap<>();
    for (String language : List.of("simple", "english")) {
      String suffix = language.equals("simple") ? "" : "_" + language;
      try (SelfUpgrade agent =
          SelfUpgrade.builder("quality")
              .store(
                  PostgresStore.at(server.url())
                      .memoryStorage(MemoryStorage.DEFAULT.language(language)))
              .memory(memory -> memory.embedder(embedder))
              .build()) {
        Imported imported = agent.memory().importFiles(documents);
        progress.say(imported.toString());
        requireSections(agent);
        Contest contest = new Contest("found again, words by " + language);
        for (Ranking.Way way :
            List.of(Ranking.Way.FULL_TEXT, Ranking.Way.VECTOR, Ranking.Way.HYBRID)) {
          contest.with(name(way), () -> ask(agent, way));
        }
        Contest.Outcome outcome = contest.play(1, progress);
        outcomes.add(outcome);
        double text = outcome.of(name(Ranking.Way.FULL_TEXT), "hit@5").median();
        double vector = outcome.of(name(Ranking.Way.VECTOR), "hit@5").median();
        double hybrid = outcome.of(name(Ranking.Way.HYBRID), "hit@5").median();
        figures.put("hit_at_5_by_text" + suffix, text);
        figures.put("hit_at_5_by_vector" + suffix, vector);
        figures.put("hit_at_5_hybrid" + suffix, hybrid);
        figures.put("hybrid_vs_better_way" + suffix, hybrid / Math.max(text, vector));
      }
    }
    return new Report(
        outcomes,
        figures,
        TARGETS,
        List.of(
            questions.size()
                + " questions, each with the section of the documentation that answers it; model "
                + MODEL
                + ". hit@5: the share of questions with that section among the first five.",
            "simple takes words as they are, english knows their forms. Neither was trained or"
                + " tuned by these questions."));
  }

  /** Requires that each section that a question names is there. */
  private void requireSections(SelfUpgrade agent) {
    List<Recalled> all =
        agent.memory().recall(RecallQuery.of("documentation").by(Ranking.Way.VECTOR).limit(1_000));
    for (Question question : questions) {
      boolean there = all.stream().anyMatch(hit -> question.answeredBy(hit.remembered().memory()));
      if (!there) {
        throw new IncorrectException(
            "no section \"" + question.heading() + "\" of " + question.file() + " was imported");
      }
    }
  }

  private static String name(Ranking.Way way) {
    return way.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private Map<String, Double> ask(SelfUpgrade agent, Ranking.Way way) {
    int first = 0;
    int amongFive = 0;
    double reciprocal = 0;
    for (Question question : questions) {
      List<Recalled> hits =
          agent.memory().recall(RecallQuery.of(question.text()).by(way).limit(HITS));
      int place = 0;
      while (place < hits.size() && !question.answeredBy(hits.get(place).remembered().memory())) {
        place++;
      }
      if (place < hits.size()) {
        first += place == 0 ? 1 : 0;
        amongFive++;
        reciprocal += 1.0 / (place + 1);
      }
    }
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("hit@1", (double) first / questions.size());
    figures.put("hit@5", (double) amongFive / questions.size());
    figures.put("mean reciprocal rank", reciprocal / questions.size());
    return figures;
  }
}
