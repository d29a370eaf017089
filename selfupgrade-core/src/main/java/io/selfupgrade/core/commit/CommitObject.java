package io.selfupgrade.core.commit;

import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.upgrade.CommitSigners;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.SignedDocument;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A commit whose signature was verified, and whose id is that of what was signed.
 *
 * @param id its id
 * @param tree the id of its files
 * @param signer the fingerprint of the key that signed it
 */
record CommitObject(String id, String tree, String signer) {

  static final int MAX_PAYLOAD_BYTES = 256 << 10;
  static final int MAX_SIGNATURE_BYTES = 16 << 10;

  private static final Pattern SHA1 = Pattern.compile("[0-9a-f]{40}");
  private static final String TREE = "tree ";
  private static final String COMMITTER = "\ncommitter ";
  private static final String HEADER = "gpgsig ";

  /**
   * Verifies a commit.
   *
   * @param id the commit that is asked for
   * @param signed what a source says was signed, and the signature
   * @throws RefusalException with the reason, if it may not be built
   */
  static CommitObject verified(String id, SignedDocument signed, CommitSigners signers)
      throws RefusalException {
    byte[] payload = signed.document();
    byte[] signature = signed.signatures();
    if (!SHA1.matcher(id).matches()) {
      throw refused(
          ReasonCode.WRONG_RELEASE, id, "is no commit of a SHA-1 repository, as GitHub's are");
    }
    if (payload.length > MAX_PAYLOAD_BYTES || signature.length > MAX_SIGNATURE_BYTES) {
      throw refused(
          ReasonCode.TOO_LARGE,
          id,
          "has "
              + payload.length
              + " bytes and a signature of "
              + signature.length
              + ": expected at most "
              + MAX_PAYLOAD_BYTES
              + " and "
              + MAX_SIGNATURE_BYTES);
    }
    // Bytes as characters of one byte each: nothing is decoded, so nothing is lost.
    String content = new String(payload, StandardCharsets.ISO_8859_1);
    String text = withoutLastEnd(new String(signature, StandardCharsets.ISO_8859_1));
    String signer = signer(id, text, payload, signers);
    String tree = tree(id, content);
    if (variants(content, text).stream().noneMatch(object -> hash(object).equals(id))) {
      throw refused(
          ReasonCode.WRONG_RELEASE,
          id,
          "is another one than what was signed: signature and id do not belong together");
    }
    return new CommitObject(id, tree, signer);
  }

  private static String signer(String id, String text, byte[] payload, CommitSigners signers)
      throws RefusalException {
    if (text.isEmpty()) {
      throw refused(
          ReasonCode.TOO_FEW_SIGNATURES,
          id,
          "is not signed: expected an SSH signature by one of "
              + signers.fingerprints()
              + "; sign commits by git config gpg.format ssh and commit.gpgSign true");
    }
    if (!text.startsWith(SshSignature.BEGIN)) {
      throw refused(
          ReasonCode.SIGNATURES_MALFORMED,
          id,
          "is signed with "
              + (text.startsWith("-----BEGIN PGP") ? "PGP" : "something else than SSH")
              + ", which is not supported: sign it with an SSH key (git config gpg.format ssh);"
              + " commits that GitHub makes, such as merges on its pages, are signed with PGP");
    }
    SshSignature signature = SshSignature.parse(text);
    Optional<PublicKey> key = signers.key(signature.publicKey());
    if (key.isEmpty()) {
      throw refused(
          ReasonCode.UNTRUSTED_KEYS,
          id,
          "is signed by "
              + signature.fingerprint()
              + ", expected one of "
              + signers.fingerprints()
              + ": see who signed it, or name that key among the signers");
    }
    if (!signature.verifies(key.get(), payload)) {
      throw refused(
          ReasonCode.SIGNATURE_INVALID,
          id,
          "has a signature by "
              + signature.fingerprint()
              + " that does not verify: it was changed after signing, or the signature is another"
              + " commit's");
    }
    return signature.fingerprint();
  }

  /** Returns the tree, which Git writes first, and which no second header may name. */
  private static String tree(String id, String content) throws RefusalException {
    int end = content.indexOf("\n\n");
    String headers = end < 0 ? "" : content.substring(0, end + 1);
    boolean usual =
        headers.startsWith(TREE)
            && headers.indexOf(COMMITTER) > 0
            && headers.indexOf("\n" + TREE) < 0
            && headers.indexOf("\ngpgsig") < 0;
    String tree = usual ? headers.substring(TREE.length(), headers.indexOf('\n')) : "";
    if (!SHA1.matcher(tree).matches()) {
      throw refused(ReasonCode.WRONG_RELEASE, id, "is not written as Git writes commits");
    }
    return tree;
  }

  /** Puts the signature back: Git writes it last of the headers, other programs sooner. */
  private static List<String> variants(String content, String signature) {
    String header = HEADER + signature.replace("\n", "\n ") + "\n";
    int last = content.indexOf("\n\n") + 1;
    int afterCommitter = content.indexOf('\n', content.indexOf(COMMITTER) + 1) + 1;
    List<String> variants = new ArrayList<>();
    for (int at : new int[] {last, afterCommitter}) {
      variants.add(content.substring(0, at) + header + content.substring(at));
    }
    return variants;
  }

  private static String hash(String object) {
    return GitHash.of("commit", object.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static String withoutLastEnd(String text) {
    return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
  }

  private static RefusalException refused(ReasonCode code, String id, String what) {
    return new RefusalException(code, "commit " + id + " " + what);
  }
}
