/**
 * Releases: their signed documents, whom to trust, and the way of their files to the disk.
 *
 * <p>The doors are {@link io.selfupgrade.core.release.TrustVerifier}, which alone makes verified
 * documents, {@link io.selfupgrade.core.release.Staging}, which takes them only verified, and
 * {@link io.selfupgrade.core.release.ReleaseTool}, by which people make and sign releases. A
 * planned "no" is a {@link io.selfupgrade.core.release.RefusalException} with a typed reason;
 * trouble of network or disk is an {@link io.selfupgrade.agent.AdapterException}.
 */
@NullMarked
package io.selfupgrade.core.release;

import org.jspecify.annotations.NullMarked;
