package io.selfupgrade.examples.benchmarks;

import io.selfupgrade.examples.benchmarks.memory.MemoryBenchmark;
import io.selfupgrade.examples.benchmarks.schedule.ScheduleBenchmark;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Runs the benchmark that it is asked for, on a Postgres of its own. */
public final class Benchmarks {

  private static final List<Benchmark> ALL =
      List.of(new ScheduleBenchmark(), new MemoryBenchmark());

  private Benchmarks() {}

  /** Measures, prints, and exits with 0 if every contender did its work. */
  public static void main(String[] args) {
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "error");
    System.exit(run(List.of(args), System.out, System.err));
  }

  /** Does what the program does; returns its exit code. */
  static int run(List<String> args, PrintStream out, PrintStream err) {
    if (args.contains("--help") || args.contains("-h")) {
      out.println(usage());
      return 0;
    }
    try {
      Benchmark benchmark = benchmark(args);
      Choices choices = Choices.parse(benchmark, args.subList(1, args.size()));
      return measure(benchmark, choices, out, err);
    } catch (UsageException e) {
      err.println(e.getMessage());
      err.println();
      err.println(usage());
      return 2;
    }
  }

  private static Benchmark benchmark(List<String> args) {
    if (args.isEmpty()) {
      throw new UsageException("no benchmark is named");
    }
    return ALL.stream()
        .filter(benchmark -> benchmark.name().equals(args.get(0)))
        .findFirst()
        .orElseThrow(() -> new UsageException("unknown benchmark: " + args.get(0)));
  }

  private static int measure(
      Benchmark benchmark, Choices choices, PrintStream out, PrintStream err) {
    Optional<Path> extensions = benchmark.extensions(choices);
    Progress progress = new Progress(out);
    progress.say("starting a Postgres of its own");
    try (Server server = Server.start(extensions)) {
      Report report = benchmark.run(choices, server, progress);
      report.lines().forEach(out::println);
      Optional<Path> json = choices.path(Choices.JSON);
      if (json.isPresent()) {
        JsonFile.write(json.get(), report.json());
      }
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      err.println("interrupted");
    } catch (IncorrectException e) {
      err.println("NOT CORRECT, so there are no figures: " + e.getMessage());
    } catch (Exception e) { // The program's boundary: whatever broke it off is what is to be told.
      e.printStackTrace(err);
    }
    return 1;
  }

  private static String usage() {
    StringBuilder usage = new StringBuilder();
    usage.append("Usage: java -jar benchmarks.jar BENCHMARK [--rounds N] [--json FILE] [...]\n");
    for (Benchmark benchmark : ALL) {
      usage.append(
          String.format(Locale.ROOT, "%n  %-24s%s%n", benchmark.name(), benchmark.summary()));
      for (Option option : Choices.known(benchmark)) {
        String help = option.help() + " (" + option.usual() + ")";
        line(usage, option.name() + " N", help);
      }
      Choices.files(benchmark).forEach(file -> line(usage, file.name() + " FILE", file.help()));
      benchmark.flags().forEach(flag -> line(usage, flag.name(), flag.help()));
    }
    usage.append(
        "\nExit codes: 0 measured, 1 a contender did not do its work or could not, 2 wrong usage.");
    return usage.toString();
  }

  private static void line(StringBuilder usage, String option, String help) {
    usage.append(String.format(Locale.ROOT, "    %-22s%s%n", option, help));
  }
}
