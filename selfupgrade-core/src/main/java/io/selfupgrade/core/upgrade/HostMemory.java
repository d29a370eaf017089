package io.selfupgrade.core.upgrade;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * How much memory this process's host, or the container that it is in, still has to give.
 *
 * <p>Linux: the least of {@code MemAvailable} and, for each control group from this process's own
 * to the root, its limit less what is in use and cannot be dropped. Elsewhere it is not known.
 */
final class HostMemory {

  private static final long KIB = 1024;
  private static final long NO_LIMIT = Long.MAX_VALUE / 2;

  private final Path proc;
  private final Path groups;

  /** Reads the host that this process runs on. */
  HostMemory() {
    this(Path.of("/proc"), Path.of("/sys/fs/cgroup"));
  }

  HostMemory(Path proc, Path groups) {
    this.proc = proc;
    this.groups = groups;
  }

  /** Returns the free bytes; empty where they are not known. */
  OptionalLong free() {
    List<Long> found = new ArrayList<>();
    available().ifPresent(found::add);
    for (String line : lines(proc.resolve("self/cgroup"))) {
      String[] parts = line.split(":", 3);
      if (parts.length == 3 && parts[1].isEmpty()) {
        found.addAll(groupsFrom(groups, parts[2], "memory.max", "memory.current", "inactive_file"));
      } else if (parts.length == 3 && List.of(parts[1].split(",")).contains("memory")) {
        found.addAll(
            groupsFrom(
                groups.resolve("memory"),
                parts[2],
                "memory.limit_in_bytes",
                "memory.usage_in_bytes",
                "total_inactive_file"));
      }
    }
    LongStream all = found.stream().mapToLong(Long::longValue);
    return all.min();
  }

  private Optional<Long> available() {
    return lines(proc.resolve("meminfo")).stream()
        .filter(line -> line.startsWith("MemAvailable:"))
        .findFirst()
        .flatMap(line -> number(line.replaceAll("[^0-9]", "")))
        .map(kib -> kib * KIB);
  }

  /** In a container the path may name groups outside of it; what is there counts. */
  private static List<Long> groupsFrom(
      Path root, String path, String limit, String used, String droppable) {
    List<Long> found = new ArrayList<>();
    @Nullable Path group = root.resolve(path.replaceFirst("^/+", "")).normalize();
    while (group != null && group.startsWith(root)) {
      Optional<Long> most = number(first(group.resolve(limit))).filter(max -> max < NO_LIMIT);
      Optional<Long> now = number(first(group.resolve(used)));
      if (most.isPresent() && now.isPresent()) {
        long back =
            lines(group.resolve("memory.stat")).stream()
                .filter(line -> line.startsWith(droppable + " "))
                .findFirst()
                .flatMap(line -> number(line.substring(droppable.length() + 1)))
                .orElse(0L);
        found.add(Math.max(0, most.get() - now.get() + back));
      }
      group = group.getParent();
    }
    return found;
  }

  private static String first(Path file) {
    return lines(file).stream().findFirst().orElse("");
  }

  private static List<String> lines(Path file) {
    try {
      return Files.isRegularFile(file)
          ? Files.readAllLines(file, StandardCharsets.UTF_8)
          : List.of();
    } catch (IOException e) {
      // Control groups come and go, and not all may be read: what cannot be read sets no limit.
      UpgradeEngine.LOG.debug("{} cannot be read", file, e);
      return List.of();
    }
  }

  private static Optional<Long> number(String text) {
    try {
      return Optional.of(Long.parseLong(text.strip()));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }
}
