package io.selfupgrade.supabase.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerDirectoryTest {

  private static final int AT_ONCE = 4;
  private static final int ROUNDS = 300;

  @TempDir private Path own;

  @Test
  void manyMayCreateItAtOnce() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
    CyclicBarrier together = new CyclicBarrier(AT_ONCE);
    try {
      for (int round = 0; round < ROUNDS; round++) {
        Path directory = own.resolve("round-" + round);
        List<Future<ServerDirectory>> made = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
          made.add(
              threads.submit(
                  () -> {
                    together.await();
                    return ServerDirectory.create(directory);
                  }));
        }
        for (Future<ServerDirectory> one : made) {
          assertThat(one.get().clients()).isDirectory();
        }
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void isReadableForItsOwnerOnly() throws Exception {
    ServerDirectory made = ServerDirectory.create(own.resolve("a/b"));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made.root())))
        .isEqualTo("rwx------");
  }

  @Test
  void aFileInItsPlaceIsRefused() throws Exception {
    Path file = Files.writeString(own.resolve("file"), "mine");
    assertThatThrownBy(() -> ServerDirectory.create(file))
        .isInstanceOf(AdapterException.class)
        .hasMessageContaining(file.toString());
    assertThat(file).hasContent("mine");
  }
}
