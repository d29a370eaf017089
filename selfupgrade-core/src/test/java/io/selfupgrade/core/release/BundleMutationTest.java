package io.selfupgrade.core.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.launcher.Home;
import io.selfupgrade.upgrade.ReleaseSource;
import io.selfupgrade.upgrade.SignedDocument;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Changes one thing in a valid bundle, some hundred times: none may be accepted. */
class BundleMutationTest {

  private static final int MUTATIONS = Integer.getInteger("selfupgrade.mutations", 400);
  private static final List<String> TARGETS =
      List.of(
          "latest.json",
          "latest.json.sig",
          "1.4.0/release.json",
          "1.4.0/release.json.sig",
          "1.4.0/bot.jar",
          "1.4.0/data/model.txt");

  @TempDir private Path root;

  @Test
  void noMutationIsAccepted() throws Exception {
    long seed = Long.getLong("selfupgrade.seed", System.nanoTime());
    System.out.println("BundleMutationTest: -Dselfupgrade.seed=" + seed);
    Random random = new Random(seed);
    Bundle bundle = Bundle.in(root);
    Staging staging = new Staging(Home.at(root.resolve("home")), PullLimits.DEFAULT);
    accept(bundle, staging);

    for (int i = 0; i < MUTATIONS; i++) {
      Path target = bundle.out.resolve(TARGETS.get(i % TARGETS.size()));
      byte[] valid = Files.readAllBytes(target);
      byte[] mutated = mutate(valid, random);
      Files.write(target, mutated);
      try {
        accept(bundle, staging);
        fail(
            "mutation %d of %s was accepted: %s",
            i, target, new String(mutated, StandardCharsets.ISO_8859_1));
      } catch (RefusalException expected) {
        assertThat(expected.reason().message()).isNotBlank();
      } catch (AdapterException | IOException e) {
        fail("mutation " + i + " of " + target + " was taken for trouble", e);
      }
      assertThat(root.resolve("home/staging")).isEmptyDirectory();
      Files.write(target, valid);
    }
    accept(bundle, staging);
  }

  private static byte[] mutate(byte[] valid, Random random) {
    int at = random.nextInt(valid.length);
    byte[] mutated = valid.clone();
    switch (random.nextInt(5)) {
      case 0 -> mutated[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> mutated[at] += (byte) (1 + random.nextInt(255));
      case 2 -> mutated = Arrays.copyOf(valid, at);
      case 3 -> mutated = Arrays.copyOf(valid, valid.length + 1 + random.nextInt(9));
      default -> {
        mutated = new byte[valid.length + 1];
        System.arraycopy(valid, 0, mutated, 0, at);
        mutated[at] = (byte) (33 + random.nextInt(90));
        System.arraycopy(valid, at, mutated, at + 1, valid.length - at);
      }
    }
    return mutated;
  }

  private static void accept(Bundle bundle, Staging staging) throws RefusalException, IOException {
    TrustVerifier verifier = new TrustVerifier(bundle.trust);
    ReleaseSource source = bundle.source();
    SignedDocument latest = source.latest("stable", IndexCodec.MAX_BYTES).orElseThrow();
    ReleaseIndex index = verifier.index(latest, Bundle.AGENT, "stable", Bundle.NOW).index();
    SignedDocument manifest =
        source.manifest(index.version(), ManifestCodec.MAX_BYTES).orElseThrow();
    VerifiedRelease release = verifier.release(manifest, Bundle.AGENT, index.version(), Bundle.NOW);
    UUID upgrade = new UUID(1, 2);
    staging.pull(upgrade, release, source, PullProgress.none());
    staging.discard(upgrade);
  }
}
