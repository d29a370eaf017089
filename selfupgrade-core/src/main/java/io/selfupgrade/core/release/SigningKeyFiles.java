package io.selfupgrade.core.release;

import java.nio.file.Path;
import java.util.Objects;

/**
 * A key pair on disk, as {@link ReleaseTool#keygen} wrote it.
 *
 * @param privateKey PEM of PKCS#8, readable by its owner only: to be kept off the machines that
 *     install releases
 * @param publicKey PEM of the public half: what agents trust
 * @param id the id by which signatures name the key
 */
public record SigningKeyFiles(Path privateKey, Path publicKey, String id) {

  /** Validates that all parts are there. */
  public SigningKeyFiles {
    Objects.requireNonNull(privateKey, "privateKey");
    Objects.requireNonNull(publicKey, "publicKey");
    Objects.requireNonNull(id, "id");
  }
}
