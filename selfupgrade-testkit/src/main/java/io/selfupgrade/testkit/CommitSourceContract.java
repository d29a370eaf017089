package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.upgrade.CommitSource;
import io.selfupgrade.upgrade.SignedDocument;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * The obligations of a {@link CommitSource}, one test each.
 *
 * <p>An adapter's test extends this class, and has its source tell of the commits that the tests
 * ask for.
 */
public abstract class CommitSourceContract {

  private static final String OLD = "a".repeat(40);
  private static final String NEW = "b".repeat(40);
  private static final String ABSENT = "c".repeat(40);
  private static final String PAYLOAD =
      "tree " + "d".repeat(40) + "\nauthor \u00e9\ncommitter \u00e9\n\nHello\n";
  private static final String SIGNATURE =
      "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----";

  /** Called by the adapter's test class. */
  protected CommitSourceContract() {}

  /** Returns the source that is tested. */
  protected abstract CommitSource source();

  /**
   * Makes a commit the newest, on top of an older one, acceptable and not signed.
   *
   * @throws Exception if that cannot be done
   */
  protected abstract void show(String commit, String older) throws Exception;

  /**
   * Signs a commit.
   *
   * @throws Exception if that cannot be done
   */
  protected abstract void sign(String commit, String payload, String signature) throws Exception;

  /**
   * Gives a commit its files.
   *
   * @throws Exception if that cannot be done
   */
  protected abstract void pack(String commit, byte[] tarGz) throws Exception;

  /** Obligation 1. */
  @Test
  void newestIsTheNewestOrNothing() throws Exception {
    show(NEW, OLD);

    assertThat(source().newest(Optional.of(OLD))).contains(NEW);
    assertThat(source().newest(Optional.empty())).contains(NEW);
    assertThat(source().newest(Optional.of(NEW))).isEmpty();
  }

  /** Obligation 2. */
  @Test
  void signedIsAsItWasSigned() throws Exception {
    show(NEW, OLD);
    sign(NEW, PAYLOAD, SIGNATURE);

    SignedDocument signed = source().signed(NEW);

    assertThat(new String(signed.document(), StandardCharsets.UTF_8)).isEqualTo(PAYLOAD);
    assertThat(new String(signed.signatures(), StandardCharsets.UTF_8)).isEqualTo(SIGNATURE);
  }

  /** Obligation 2. */
  @Test
  void whatIsNotSignedHasNoSignature() throws Exception {
    show(NEW, OLD);

    assertThat(source().signed(NEW).signatures()).isEmpty();
  }

  /** Obligation 3. */
  @Test
  void filesBeginAnewAtEachCall() throws Exception {
    byte[] content = "a tar".getBytes(StandardCharsets.UTF_8);
    show(NEW, OLD);
    pack(NEW, content);

    CommitSource source = source();
    try (InputStream first = source.files(NEW);
        InputStream second = source.files(NEW)) {
      assertThat(first.readAllBytes()).isEqualTo(content);
      assertThat(second.readAllBytes()).isEqualTo(content);
    }
  }

  /** Obligation 4. */
  @Test
  void whatIsNotThereIsAnIoException() throws Exception {
    show(NEW, OLD);

    assertThatThrownBy(() -> source().signed(ABSENT)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> source().files(ABSENT).close()).isInstanceOf(IOException.class);
  }
}
