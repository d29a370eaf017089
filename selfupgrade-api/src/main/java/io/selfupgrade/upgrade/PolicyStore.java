package io.selfupgrade.upgrade;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Version;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;

/**
 * What the policies of upgrades remember: indexes seen, the floor, and what people decided.
 *
 * <p>None of it needs the lead: a look for releases is made by any instance, and a person's word
 * comes in by any of them.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>{@link #now} is the store's own clock, not the caller's.
 *   <li>{@link #saw} never lowers a serial and always renews the time of the last good look; each
 *       channel of each agent has its own.
 *   <li>{@link #floor} is the version that was confirmed last by an upgrade, written together with
 *       {@code confirm}; adopting a version does not change it.
 *   <li>{@link #decide} takes effect only while the upgrade is {@code AWAITING_APPROVAL} with that
 *       manifest, and once: the first word counts.
 *   <li>{@link #waitingRollback} is the oldest wish that was not answered; {@link #answerRollback}
 *       takes the fence and ties it to one upgrade, once.
 *   <li>{@link #revoke} is for ever: the first version that revoked a key stays named, and nothing
 *       takes a revocation back.
 *   <li>{@link #keyChanges} gives each manifest that was noted, once, byte for byte, the one that
 *       was noted first at the front; the first signatures of a manifest stay.
 * </ol>
 */
public interface PolicyStore {

  /** Returns the time on the store's clock. */
  Instant now();

  /** Returns what was seen of a channel's index; empty if no good one ever was. */
  Optional<SeenIndex> seen(AgentName agent, String channel);

  /** Notes a good look at a channel's index. */
  void saw(AgentName agent, String channel, long serial);

  /** Returns the lowest version that is installed anew; empty before the first upgrade. */
  Optional<Version> floor(AgentName agent);

  /**
   * Writes down what a person decided about an upgrade that waits for it.
   *
   * @return false if it does not wait, goes to another build, or was decided before
   */
  boolean decide(UUID upgrade, String manifestSha256, Verdict verdict);

  /** Returns what was decided about an upgrade; empty while nothing was. */
  Optional<Verdict> verdict(UUID upgrade);

  /**
   * Writes down that a person wants to go back to an older version; any instance may.
   *
   * @param by who wants it, kept in the journal
   * @return the wish's id
   */
  UUID askRollback(AgentName agent, Version to, String by);

  /** Returns the oldest wish to go back that waits; empty if none does. */
  Optional<WantedRollback> waitingRollback(AgentName agent);

  /** Ties a wish to the upgrade that answers it; false if the fence does not hold or one does. */
  boolean answerRollback(Fence fence, UUID wish, UUID upgrade);

  /** Returns the ids of revoked keys, each with the version that revoked it. */
  Map<String, String> revokedKeys(AgentName agent);

  /** Notes that a confirmed version revokes these keys; any instance may. */
  void revoke(AgentName agent, Set<String> keys, Version by);

  /**
   * Returns the manifests of confirmed releases that changed keys; untrusted until they are
   * verified by keys that count without them.
   */
  List<SignedDocument> keyChanges(AgentName agent);

  /** Notes the manifest of a confirmed release that changes keys; any instance may. */
  void noteKeyChange(AgentName agent, SignedDocument manifest);

  /**
   * Returns how many more connections this login may open to the store; negative if it is beyond.
   *
   * @return empty where the store sets no limit
   */
  OptionalLong freeConnections();

  /**
   * The last good look at a signed index.
   *
   * @param serial the highest serial that was seen
   * @param at when a good one was seen last, on the store's clock
   */
  record SeenIndex(long serial, Instant at) {
    /** Validates that the time is there. */
    public SeenIndex {
      Objects.requireNonNull(at, "at");
    }
  }

  /**
   * A person's wish to go back.
   *
   * @param id the wish
   * @param to the version
   * @param by who wants it
   */
  record WantedRollback(UUID id, Version to, String by) {
    /** Validates the parts. */
    public WantedRollback {
      Objects.requireNonNull(id, "id");
      Objects.requireNonNull(to, "to");
      Objects.requireNonNull(by, "by");
    }
  }

  /**
   * A person's word on an upgrade.
   *
   * @param approved whether it may go on
   * @param by who decided
   * @param why a sentence for those who wonder; may be empty
   */
  record Verdict(boolean approved, String by, String why) {
    /**
     * Validates the parts.
     *
     * @throws IllegalArgumentException if nobody is named
     */
    public Verdict {
      Objects.requireNonNull(why, "why");
      if (by.isBlank()) {
        throw new IllegalArgumentException("by is blank: name the person who decides");
      }
    }
  }
}
