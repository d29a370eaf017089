package io.selfupgrade.core.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.selfupgrade.upgrade.Archive;
import io.selfupgrade.upgrade.ReasonCode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Archives made to do harm: each is refused for its own reason, and nothing around has changed. */
class HostileArchiveTest {

  static final int MAX_BYTES = 5 << 20;

  private static final int LEAST = 60;

  @TempDir private Path root;

  static Stream<Hostile> hostile() {
    return Stream.concat(HostileZips.all().stream(), HostileTars.all().stream());
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void isRefusedAndTouchesNothing(Hostile hostile) throws Exception {
    Around around = new Around(root);

    ArchiveException refused =
        catchThrowableOfType(
            ArchiveException.class, () -> around.unpack(hostile.bytes, hostile.format, MAX_BYTES));

    assertThat(refused).as("refusal").isNotNull();
    assertThat(refused.seen()).contains(hostile.message);
    assertThat(refused.code()).isEqualTo(hostile.code);
    assertThat(refused.seen()).matches("[ -~]+").contains(":").hasSizeLessThan(400);
  }

  @Test
  void areManyAndOfManyKinds() {
    List<Hostile> all = hostile().toList();
    Map<Archive.Format, Map<ReasonCode, Integer>> counts = new TreeMap<>();
    Set<String> names = new HashSet<>();
    List<String> twice = new ArrayList<>();
    for (Hostile each : all) {
      counts
          .computeIfAbsent(each.format, format -> new TreeMap<>())
          .merge(each.code, 1, Integer::sum);
      if (!names.add(each.toString())) {
        twice.add(each.toString());
      }
    }
    System.out.println("HostileArchiveTest: " + all.size() + " archives refused: " + counts);
    assertThat(twice).isEmpty();
    assertThat(all).hasSizeGreaterThan(LEAST);
  }
}
