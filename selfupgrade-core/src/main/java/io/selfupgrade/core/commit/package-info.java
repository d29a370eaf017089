/**
 * Commits that are verified and built on this machine, by {@link
 * io.selfupgrade.upgrade.Trust#verifiedCommits} alone.
 *
 * <p>The door is {@link io.selfupgrade.core.commit.CommitReleases}. In this order, and nothing of a
 * commit is run before: the signature of the commit by a trusted key, its id, its files as they lie
 * on the disk, its version. What is built becomes a release signed by a key of the home's own.
 */
@NullMarked
package io.selfupgrade.core.commit;

import org.jspecify.annotations.NullMarked;
