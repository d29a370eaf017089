package io.selfupgrade.examples.benchmarks.memory;

import io.selfupgrade.examples.benchmarks.IncorrectException;
import io.selfupgrade.examples.benchmarks.Progress;
import io.selfupgrade.examples.benchmarks.Server;
import io.selfupgrade.examples.benchmarks.memory.DataSet.Sample;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;

/** Memories that stream in, made on the way, and what the heap holds meanwhile. */
final class StreamIn {

  private static final int LOOKS = 20;
  private static final int VECTORS = 500;
  private static final double MIB = 1 << 20;

  private final Server server;
  private final DataSet data;

  StreamIn(Server server, DataSet data) {
    this.server = server;
    this.data = data;
  }

  /** Remembers them all by one call. */
  Map<String, Double> run(int count, Progress progress) throws Exception {
    List<Sample> known = data.samples(0, VECTORS);
    HeapWatch heap = new HeapWatch(count / LOOKS);
    try (Ours ours = new Ours(server)) {
      ours.clear();
      server.settle();
      long from = System.nanoTime();
      long remembered = ours.stream(samples(known, count), heap::at);
      double seconds = (System.nanoTime() - from - heap.spentNanos) / 1e9;
      IncorrectException.require("memories that streamed in", remembered, count);
      IncorrectException.require(
          ours.table() + ", rows",
          (long) server.number("select count(*) from " + ours.table()),
          count);
      progress.say(
          String.format(
              Locale.ROOT,
              "stream, %d memories: heap after GC %.1f MiB at first, %.1f MiB at the most",
              count,
              heap.first / MIB,
              heap.most / MIB));
      Map<String, Double> figures = new LinkedHashMap<>();
      figures.put("stream_memories_per_s", count / seconds);
      figures.put("stream_heap_first_mib", heap.first / MIB);
      figures.put("stream_heap_peak_mib", heap.most / MIB);
      figures.put("stream_heap_growth", heap.most / heap.first);
      return figures;
    }
  }

  private static Iterator<Sample> samples(List<Sample> known, int count) {
    return new Iterator<>() {
      private int next;

      @Override
      public boolean hasNext() {
        return next < count;
      }

      @Override
      public Sample next() {
        if (!hasNext()) {
          throw new NoSuchElementException("all " + count + " were taken");
        }
        return DataSet.sample(next, known.get(next++ % VECTORS).vector());
      }
    };
  }

  /** Looks at the heap after a collection, some times on the way. */
  private static final class HeapWatch {

    private final int every;
    private long due;
    private double first;
    private double most;
    private long spentNanos;

    HeapWatch(int every) {
      this.every = every;
      this.due = every;
    }

    void at(long done) {
      if (done < due) {
        return;
      }
      long from = System.nanoTime();
      due = done + every;
      System.gc();
      Runtime runtime = Runtime.getRuntime();
      double used = runtime.totalMemory() - runtime.freeMemory();
      first = first == 0 ? used : first;
      most = Math.max(most, used);
      spentNanos += System.nanoTime() - from;
    }
  }
}
