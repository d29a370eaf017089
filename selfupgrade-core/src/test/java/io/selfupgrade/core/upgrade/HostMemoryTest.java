package io.selfupgrade.core.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostMemoryTest {

  @TempDir Path root;

  @Test
  void itIsUnknownWhereNothingTells() {
    assertThat(free()).isEmpty();
  }

  @Test
  void itIsWhatTheHostHasAvailable() throws IOException {
    write("proc/meminfo", "MemTotal: 9999 kB\nMemAvailable:   2048 kB\n");

    assertThat(free()).hasValue(2048 * 1024);
  }

  @Test
  void theTightestGroupCountsAndItsFileCacheIsFree() throws IOException {
    write("proc/meminfo", "MemAvailable:   2048000 kB\n");
    write("proc/self/cgroup", "0::/box/agent\n");
    write("cgroup/box/agent/memory.max", "max\n");
    write("cgroup/box/agent/memory.current", "1\n");
    write("cgroup/box/memory.max", "1000000\n");
    write("cgroup/box/memory.current", "900000\n");
    write("cgroup/box/memory.stat", "anon 5\ninactive_file 50000\n");

    assertThat(free()).hasValue(150_000);
  }

  @Test
  void theFirstVersionOfControlGroupsIsReadToo() throws IOException {
    write("proc/self/cgroup", "7:cpu:/\n4:memory:/agent\n0::/\n");
    write("cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    write("cgroup/memory/memory.usage_in_bytes", "1\n");
    write("cgroup/memory/agent/memory.limit_in_bytes", "1000\n");
    write("cgroup/memory/agent/memory.usage_in_bytes", "1200\n");
    write("cgroup/memory/agent/memory.stat", "total_inactive_file 100\n");

    assertThat(free()).hasValue(0);
  }

  @Test
  void theLastHeapLimitOfACommandLineCounts() {
    assertThat(Room.maxHeap(List.of("-Xmx1g", "-Dx=-Xmx2g", "-Xmx512m"))).hasValue(512L << 20);
    assertThat(Room.maxHeap(List.of("-Xmx4096"))).hasValue(4096);
    assertThat(Room.maxHeap(List.of("-Xms1g"))).isEmpty();
  }

  private OptionalLong free() {
    return new HostMemory(root.resolve("proc"), root.resolve("cgroup")).free();
  }

  private void write(String file, String text) throws IOException {
    Files.createDirectories(root.resolve(file).getParent());
    Files.writeString(root.resolve(file), text);
  }
}
