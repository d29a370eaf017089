package io.selfupgrade.github;

import io.selfupgrade.agent.Version;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.net.URI;

/** Reads one asset in a process of its own, and says how much heap that took. */
final class AssetPull {

  private static final int BUFFER_BYTES = 64 << 10;
  private static final int KIBIBYTE = 1 << 10;

  private AssetPull() {}

  /** Takes the API's base URL; reads {@code big.bin} of version 1.0.0 of {@code acme/bot}. */
  public static void main(String[] args) throws IOException {
    GitHubReleases releases = GitHub.repository(StandIn.NAME).at(URI.create(args[0])).releases();
    long bytes = 0;
    long before = 0;
    try (InputStream in = releases.open(Version.parse("1.0.0"), "big.bin")) {
      byte[] buffer = new byte[BUFFER_BYTES];
      before = usedAfterCollection();
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        bytes += n;
      }
    }
    long peak = 0;
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      if (pool.getType() == MemoryType.HEAP) {
        peak += pool.getPeakUsage().getUsed();
      }
    }
    System.out.println(
        bytes + " bytes, heap grew by at most " + (peak - before) / KIBIBYTE + " KiB");
  }

  private static long usedAfterCollection() {
    System.gc();
    ManagementFactory.getMemoryPoolMXBeans().forEach(MemoryPoolMXBean::resetPeakUsage);
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
