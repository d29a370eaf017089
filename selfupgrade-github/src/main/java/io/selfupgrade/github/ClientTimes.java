package io.selfupgrade.github;

import java.time.Duration;

/**
 * How long a request may take, and how often a safe one is tried.
 *
 * @param connect to connect
 * @param read between two bytes
 * @param total a request with its redirects and further tries
 * @param download a file
 * @param attempts how often a safe request is sent, 1 or more
 * @param firstWait before the second try; doubled for each further one, and varied by half
 */
record ClientTimes(
    Duration connect,
    Duration read,
    Duration total,
    Duration download,
    int attempts,
    Duration firstWait) {

  static final ClientTimes DEFAULT =
      new ClientTimes(
          Duration.ofSeconds(10),
          Duration.ofSeconds(20),
          Duration.ofSeconds(60),
          Duration.ofHours(6),
          3,
          Duration.ofMillis(500));
}
