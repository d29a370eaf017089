package io.selfupgrade.core.upgrade;

import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.core.release.Staging;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.Switch;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/** Whether this host and its database have room for a second process: disk, memory, connections. */
final class Room {

  private static final long MIB = 1L << 20;
  private static final int EXTRA_PERCENT = 25;

  /** One session, and a pool of two once the candidate leads. */
  private static final int CONNECTIONS = 3;

  private final Situation situation;
  private final Staging staging;
  private final HostMemory memory;
  private final LongSupplier ownHeap;

  Room(Situation situation, Staging staging, HostMemory memory) {
    this(situation, staging, memory, () -> Runtime.getRuntime().totalMemory());
  }

  Room(Situation situation, Staging staging, HostMemory memory, LongSupplier ownHeap) {
    this.situation = situation;
    this.staging = staging;
    this.memory = memory;
    this.ownHeap = ownHeap;
  }

  void require(Release release) throws RefusalException {
    boolean two = situation.settings().policy().switchBy() == Switch.BESIDE;
    if (situation.link().isPresent()) {
      staging.requireSpace(release);
    }
    if (situation.link().isPresent() && two) {
      requireMemory(release);
    }
    if (two) {
      requireConnections(release);
    }
  }

  private void requireMemory(Release release) throws RefusalException {
    OptionalLong free = memory.free();
    long heap = heap(release);
    long needed = heap + heap * EXTRA_PERCENT / 100;
    if (free.isPresent() && free.getAsLong() < needed) {
      throw new RefusalException(
          ReasonCode.NOT_ENOUGH_MEMORY,
          free.getAsLong() / MIB
              + " MiB of memory are free, "
              + release.version()
              + " needs "
              + needed / MIB
              + " MiB beside the running version (its heap of "
              + heap / MIB
              + " MiB and "
              + EXTRA_PERCENT
              + " %): give the host more memory, set a smaller heapMb in the release, or let the new"
              + " version take the place of the running one, with an interruption, by upgrades(u ->"
              + " u.switchBy(Switch.RESTART))");
    }
  }

  /**
   * Without a limit of its own a release is taken to need what the running version's heap takes.
   */
  private long heap(Release release) {
    if (release.launch().heapMb().isPresent()) {
      return release.launch().heapMb().getAsInt() * MIB;
    }
    return maxHeap(release.launch().jvmArgs()).orElseGet(ownHeap);
  }

  /** Returns what the last {@code -Xmx} of a command line asks for. */
  static OptionalLong maxHeap(List<String> jvmArgs) {
    OptionalLong found = OptionalLong.empty();
    for (String argument : jvmArgs) {
      if (argument.matches("-Xmx[0-9]{1,12}[kKmMgG]?")) {
        String digits = argument.replaceAll("[^0-9]", "");
        char unit = Character.toLowerCase(argument.charAt(argument.length() - 1));
        int shift = unit == 'g' ? 30 : unit == 'm' ? 20 : unit == 'k' ? 10 : 0;
        found = OptionalLong.of(Long.parseLong(digits) << shift);
      }
    }
    return found;
  }

  private void requireConnections(Release release) throws RefusalException {
    OptionalLong free = situation.store().policies().freeConnections();
    if (free.isPresent() && free.getAsLong() < CONNECTIONS) {
      throw new RefusalException(
          ReasonCode.NOT_ENOUGH_CONNECTIONS,
          "the database has "
              + free.getAsLong()
              + " free connections for this login, "
              + release.version()
              + " needs "
              + CONNECTIONS
              + " beside the running version: close some, or raise the connection limit of login,"
              + " database or server");
    }
  }
}
