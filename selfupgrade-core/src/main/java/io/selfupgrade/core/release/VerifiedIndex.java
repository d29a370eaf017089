package io.selfupgrade.core.release;

import io.selfupgrade.upgrade.ReasonCode;
import java.util.Set;

/**
 * An index that was signed by enough trusted keys; only {@link TrustVerifier} makes it.
 *
 * <p>Immutable.
 */
public final class VerifiedIndex {

  private final ReleaseIndex index;
  private final Set<String> signers;

  VerifiedIndex(ReleaseIndex index, Set<String> signers) {
    this.index = index;
    this.signers = Set.copyOf(signers);
  }

  /** Returns what it says. */
  public ReleaseIndex index() {
    return index;
  }

  /** Returns the ids of the trusted keys that signed it. */
  public Set<String> signers() {
    return signers;
  }

  /**
   * Returns this index if it is not older than one already seen on its channel.
   *
   * @param lastSerial highest serial seen, 0 if none
   * @throws RefusalException {@link ReasonCode#SERIAL_DECREASED}
   */
  public VerifiedIndex notBefore(long lastSerial) throws RefusalException {
    if (index.serial() < lastSerial) {
      throw new RefusalException(
          ReasonCode.SERIAL_DECREASED,
          IndexCodec.DOCUMENT
              + " of channel "
              + index.channel()
              + " has serial "
              + index.serial()
              + ", but "
              + lastSerial
              + " was seen before: the source shows an old state; publish a new index");
    }
    return this;
  }
}
