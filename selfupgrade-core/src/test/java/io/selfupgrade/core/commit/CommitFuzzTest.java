package io.selfupgrade.core.commit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.upgrade.CommitSigners;
import io.selfupgrade.upgrade.ReasonCode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Changes commits and signatures at random: none that says something else than what was signed is
 * accepted, whatever id is told with it, and under the id of the signed one nothing else at all.
 */
class CommitFuzzTest {

  private static final int TRIES = System.getProperty("long") == null ? 2_000 : 1_000_000;
  private static final String[] PIECES = {
    "tree ", "parent ", "gpgsig ", "\n", "\n\n", " ", "\0", "git", "sha512", "ssh-ed25519", "=", "A"
  };

  private final Map<ReasonCode, Integer> reasons = new EnumMap<>(ReasonCode.class);

  @Test
  void nothingElseThanWhatWasSignedIsAccepted() throws Exception {
    long seed = Long.getLong("selfupgrade.seed", System.nanoTime());
    System.out.println("CommitFuzzTest: -Dselfupgrade.seed=" + seed);
    Random random = new Random(seed);
    List<SshKey> keys = List.of(SshKey.ed25519(), SshKey.make("ecdsa-sha2-nistp256"));
    for (SshKey key : keys) {
      CommitSigners signers = CommitSigners.parse(key.line());
      byte[] payload = new OwnGit().file("VERSION", "1.1.0").payload("d".repeat(40));
      String signature = key.sign(payload);
      String id = OwnGit.commit(payload, signature);
      assertThat(CommitObject.verified(id, OwnGit.signed(payload, signature), signers).id())
          .isEqualTo(id);
      for (int i = 0; i < TRIES / keys.size(); i++) {
        boolean ofSignature = random.nextBoolean();
        byte[] changed = ofSignature ? payload : mutated(payload, random);
        String otherSignature = ofSignature ? mutated(signature, random) : signature;
        judge(id, new Tried(payload, changed, signature, otherSignature), signers, false);
        judge(id, new Tried(payload, changed, signature, otherSignature), signers, true);
      }
    }
    System.out.println("CommitFuzzTest: refused " + reasons);
  }

  private void judge(String id, Tried tried, CommitSigners signers, boolean ownId) {
    String told = ownId ? id(tried, id) : id;
    boolean same = Arrays.equals(tried.payload, tried.changed);
    boolean all = same && tried.signature.strip().equals(tried.otherSignature.strip());
    try {
      CommitObject.verified(told, OwnGit.signed(tried.changed, tried.otherSignature), signers);
      if (ownId ? !same : !all) {
        fail("accepted: " + Base64.getEncoder().encodeToString(tried.changed) + tried);
      }
    } catch (RefusalException e) {
      reasons.merge(e.reason().code(), 1, Integer::sum);
    }
  }

  private static String id(Tried tried, String otherwise) {
    String text = new String(tried.changed, StandardCharsets.ISO_8859_1);
    return text.contains("\n\n") ? OwnGit.commit(tried.changed, tried.otherSignature) : otherwise;
  }

  /** Changes the bytes within the armour too, which is what a program sees. */
  private static String mutated(String signature, Random random) {
    if (random.nextBoolean()) {
      return new String(
          mutated(signature.getBytes(StandardCharsets.ISO_8859_1), random),
          StandardCharsets.ISO_8859_1);
    }
    String base64 = signature.replaceAll("-----[A-Z ]+-----|\n", "");
    return SshKey.armored(mutated(Base64.getDecoder().decode(base64), random));
  }

  private static byte[] mutated(byte[] bytes, Random random) {
    byte[] changed = bytes.clone();
    int at = random.nextInt(changed.length);
    switch (random.nextInt(5)) {
      case 0 -> changed[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> changed[at] = (byte) random.nextInt(256);
      case 2 -> changed = Arrays.copyOf(changed, at);
      case 3 -> changed = spliced(bytes, at, PIECES[random.nextInt(PIECES.length)]);
      default -> {
        int other = random.nextInt(changed.length);
        int length = random.nextInt(Math.min(8, changed.length - Math.max(at, other)) + 1);
        System.arraycopy(bytes, other, changed, at, length);
      }
    }
    return changed;
  }

  private static byte[] spliced(byte[] bytes, int at, String piece) {
    byte[] insert = piece.getBytes(StandardCharsets.ISO_8859_1);
    byte[] changed = new byte[bytes.length + insert.length];
    System.arraycopy(bytes, 0, changed, 0, at);
    System.arraycopy(insert, 0, changed, at, insert.length);
    System.arraycopy(bytes, at, changed, at + insert.length, bytes.length - at);
    return changed;
  }

  /** A payload and a signature, as they were and as they are shown. */
  private static final class Tried {
    private final byte[] payload;
    private final byte[] changed;
    private final String signature;
    private final String otherSignature;

    Tried(byte[] payload, byte[] changed, String signature, String otherSignature) {
      this.payload = payload.clone();
      this.changed = changed.clone();
      this.signature = signature;
      this.otherSignature = otherSignature;
    }

    @Override
    public String toString() {
      return " with " + otherSignature + " of " + signature;
    }
  }
}
