package io.selfupgrade.core.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.launcher.Home;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.ReleaseSource;
import io.selfupgrade.upgrade.SignedDocument;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Changes one thing in a valid bundle, again and again: none may be accepted.
 *
 * <p>{@code -Dlong} does 10,000, {@code -Dselfupgrade.mutations=N} does N.
 */
class BundleMutationTest {

  private static final int MUTATIONS =
      Integer.getInteger(
          "selfupgrade.mutations", System.getProperty("long") == null ? 700 : 10_000);
  private static final List<String> TARGETS =
      List.of(
          "latest.json",
          "latest.json.sig",
          "1.4.0/release.json",
          "1.4.0/release.json.sig",
          "1.4.0/bot.jar",
          "1.4.0/data/model.txt",
          "1.4.0/archives/models.zip",
          "1.4.0/archives/prompts.tar.gz");

  @TempDir private Path root;

  @Test
  void noMutationIsAccepted() throws Exception {
    long seed = Long.getLong("selfupgrade.seed", System.nanoTime());
    System.out.println("BundleMutationTest: -Dselfupgrade.seed=" + seed);
    Random random = new Random(seed);
    Bundle bundle = Bundle.withArchives(root);
    Map<String, byte[]> others = others();
    Map<ReasonCode, Integer> refused = new TreeMap<>();
    Staging staging = new Staging(Home.at(root.resolve("home")), PullLimits.DEFAULT);
    accept(bundle, staging);

    for (int i = 0; i < MUTATIONS; i++) {
      String name = TARGETS.get(i % TARGETS.size());
      Path target = bundle.out.resolve(name);
      byte[] valid = Files.readAllBytes(target);
      byte[] mutated = mutate(valid, Objects.requireNonNull(others.get(name)), random);
      Files.write(target, mutated);
      try {
        accept(bundle, staging);
        fail(
            "mutation %d of %s was accepted: %s",
            i, target, new String(mutated, StandardCharsets.ISO_8859_1));
      } catch (RefusalException expected) {
        assertThat(expected.reason().message()).isNotBlank();
        refused.merge(expected.reason().code(), 1, Integer::sum);
      } catch (AdapterException | IOException e) {
        fail("mutation " + i + " of " + target + " was taken for trouble", e);
      }
      assertThat(root.resolve("home/staging")).isEmptyDirectory();
      Files.write(target, valid);
    }
    accept(bundle, staging);
    System.out.println("BundleMutationTest: " + MUTATIONS + " mutations refused: " + refused);
  }

  /** The same files of another build, signed by another key. */
  private Map<String, byte[]> others() throws IOException, RefusalException {
    Path place = root.resolve("other");
    ReleaseTool tool = new ReleaseTool(Bundle.CLOCK);
    SigningKeyFiles key = tool.keygen(place.resolve("keys"), "other");
    Path made = tool.make(place.resolve("releases"), Bundle.recipeWithArchives(place, "second"));
    tool.sign(made, List.of(key.privateKey()));
    tool.publish(made, "stable", List.of(key.privateKey()));
    Map<String, byte[]> others = new TreeMap<>();
    for (String name : TARGETS) {
      others.put(name, Files.readAllBytes(place.resolve("releases").resolve(name)));
    }
    return others;
  }

  private static byte[] mutate(byte[] valid, byte[] other, Random random) {
    int at = random.nextInt(valid.length);
    byte[] mutated = valid.clone();
    switch (random.nextInt(9)) {
      case 0 -> mutated[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> mutated[at] += (byte) (1 + random.nextInt(255));
      case 2 -> mutated = Arrays.copyOf(valid, at);
      case 3 -> mutated = Arrays.copyOf(valid, valid.length + 1 + random.nextInt(9));
      case 4 -> mutated = random.nextBoolean() ? other.clone() : new byte[0];
      case 5 -> mutated = crossed(valid, other, at);
      case 6 -> mutated = without(valid, at, 1 + random.nextInt(9));
      case 7 -> mutated = moved(valid, at, random.nextInt(valid.length));
      default -> {
        mutated = new byte[valid.length + 1];
        System.arraycopy(valid, 0, mutated, 0, at);
        mutated[at] = (byte) (33 + random.nextInt(90));
        System.arraycopy(valid, at, mutated, at + 1, valid.length - at);
      }
    }
    return same(mutated, valid) ? mutate(valid, other, random) : mutated;
  }

  /** Our writers use no white space in signatures; readers take it, and it changes nothing. */
  private static boolean same(byte[] mutated, byte[] valid) {
    return new String(mutated, StandardCharsets.ISO_8859_1)
        .replaceAll("[ \t\r\n]", "")
        .equals(new String(valid, StandardCharsets.ISO_8859_1).replaceAll("[ \t\r\n]", ""));
  }

  private static byte[] crossed(byte[] valid, byte[] other, int at) {
    byte[] mutated = Arrays.copyOf(valid, Math.max(at, other.length));
    int from = Math.min(at, other.length);
    System.arraycopy(other, from, mutated, from, other.length - from);
    return mutated;
  }

  private static byte[] without(byte[] valid, int at, int count) {
    byte[] mutated = Arrays.copyOf(valid, Math.max(at, valid.length - count));
    int from = Math.min(valid.length, at + count);
    System.arraycopy(valid, from, mutated, at, mutated.length - at);
    return mutated;
  }

  private static byte[] moved(byte[] valid, int at, int from) {
    byte[] mutated = valid.clone();
    int count = Math.min(8, valid.length - Math.max(at, from));
    System.arraycopy(valid, from, mutated, at, count);
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
