package io.selfupgrade.examples.benchmarks.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Made-up memories and queries, the same in every run: unit vectors of 768 numbers in clusters, as
 * models make them of texts.
 */
final class DataSet {

  static final int DIMENSIONS = 768;

  /** One memory of so many is of the kind that a filter keeps: 0.8 %. */
  static final int RARE = 125;

  private static final int TOPICS = 50;
  private static final long SEED = 42;
  private static final long QUERY_SEED = 4_242;
  private static final int CLUSTERS = 200;
  private static final int LATENT = 24;
  private static final double SPREAD = 0.5;
  private static final int WORDS = 30;
  private static final int FIRST_WORD = 50_000;
  private static final int VOCABULARY = 4_000;
  private static final String NAME = "memory ";

  private final float[][] projection = new float[LATENT][DIMENSIONS];
  private final float[][] centers = new float[CLUSTERS][LATENT];

  /** Makes the clusters. */
  DataSet() {
    Random random = new Random(SEED);
    fill(projection, random);
    fill(centers, random);
  }

  private static void fill(float[][] matrix, Random random) {
    for (float[] row : matrix) {
      for (int i = 0; i < row.length; i++) {
        row[i] = (float) random.nextGaussian();
      }
    }
  }

  /** A memory. */
  static final class Sample {

    private final int number;
    private final String content;
    private final String metadata;
    private final float[] vector;

    private Sample(int number, String content, String metadata, float[] vector) {
      this.number = number;
      this.content = content;
      this.metadata = metadata;
      this.vector = vector;
    }

    /** Returns its place in the data set, with which its text begins. */
    int number() {
      return number;
    }

    /** Returns some 200 characters. */
    String content() {
      return content;
    }

    /** Returns an object of JSON. */
    String metadata() {
      return metadata;
    }

    /** Returns what it means; not a copy. */
    float[] vector() {
      return vector;
    }

    /** Tells whether it is of the kind that a filter keeps. */
    boolean rare() {
      return number % RARE == 0;
    }

    /** Returns the kind that the metadata name. */
    String kind() {
      return rare() ? "rare" : "usual";
    }

    /** Returns the topic that the metadata name. */
    int topic() {
      return number % TOPICS;
    }
  }

  /** Returns the number with which a text begins. */
  static int number(String content) {
    return Integer.parseInt(content, NAME.length(), content.indexOf(':'), 10);
  }

  /** Returns memories from one number to before another. */
  List<Sample> samples(int from, int to) {
    List<Sample> samples = new ArrayList<>(to - from);
    for (int number = from; number < to; number++) {
      samples.add(sample(number));
    }
    return samples;
  }

  Sample sample(int number) {
    return sample(number, vector(SEED + 31L * number));
  }

  /** Returns the memory of that number with this vector. */
  static Sample sample(int number, float[] vector) {
    boolean rare = number % RARE == 0;
    String metadata =
        "{\"kind\": \""
            + (rare ? "rare" : "usual")
            + "\", \"topic\": "
            + number % TOPICS
            + ", \"source\": \"chat\"}";
    return new Sample(number, content(number), metadata, vector);
  }

  private static String content(int number) {
    Random random = new Random(number);
    StringBuilder text = new StringBuilder(NAME).append(number).append(':');
    for (int i = 0; i < WORDS; i++) {
      String word = Integer.toString(FIRST_WORD + random.nextInt(VOCABULARY), Character.MAX_RADIX);
      text.append(' ').append(word).append(i % 3 == 0 ? "ing" : "s");
    }
    return text.toString();
  }

  /** Returns what is looked for: near memories, but none of them. */
  List<float[]> queries(int count) {
    List<float[]> queries = new ArrayList<>(count);
    for (int number = 0; number < count; number++) {
      queries.add(vector((QUERY_SEED << 32) + 31L * number));
    }
    return queries;
  }

  private float[] vector(long seed) {
    Random random = new Random(seed);
    float[] center = centers[random.nextInt(CLUSTERS)];
    float[] vector = new float[DIMENSIONS];
    for (int latent = 0; latent < LATENT; latent++) {
      float[] row = projection[latent];
      float by = (float) (center[latent] + SPREAD * random.nextGaussian());
      for (int i = 0; i < DIMENSIONS; i++) {
        vector[i] += by * row[i];
      }
    }
    float length = (float) Math.sqrt(Truth.product(vector, vector));
    for (int i = 0; i < DIMENSIONS; i++) {
      vector[i] /= length;
    }
    return vector;
  }
}
