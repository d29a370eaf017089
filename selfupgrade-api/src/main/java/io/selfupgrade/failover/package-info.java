/**
 * Leadership: who acts, how the lead is taken, and what the host starts and stops with it.
 *
 * <p>Hosts implement {@link io.selfupgrade.failover.PrimaryWork}. Stores implement {@link
 * io.selfupgrade.failover.LeadershipStore}, {@link io.selfupgrade.failover.LeadershipSession} and
 * {@link io.selfupgrade.failover.InstanceStore}. One row and the store's clock decide; everything
 * else only chooses when to try.
 */
@NullMarked
package io.selfupgrade.failover;

import org.jspecify.annotations.NullMarked;
