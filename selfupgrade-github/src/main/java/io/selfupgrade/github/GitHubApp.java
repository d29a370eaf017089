package io.selfupgrade.github;

import io.selfupgrade.agent.Secret;
import java.util.Objects;

/**
 * An installation of a GitHub App.
 *
 * @param id the App's client id, or its numeric id
 * @param installation numeric id of the installation on the repository's owner
 * @param privateKey one of the App's private keys, PEM as GitHub gives it (PKCS#1) or PKCS#8
 */
public record GitHubApp(String id, long installation, Secret privateKey) {

  /** Validates that all are there. */
  public GitHubApp {
    Objects.requireNonNull(privateKey, "privateKey");
    if (id.isBlank()) {
      throw new IllegalArgumentException(
          "the id of a GitHub App is blank: expected its client id or numeric id");
    }
    if (installation < 1) {
      throw new IllegalArgumentException(
          "installation " + installation + " is not usable: expected the number in its URL");
    }
  }
}
