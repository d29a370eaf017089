package io.selfupgrade.upgrade;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A check of the host on a staged release, run in VALIDATE after the release's own smoke check.
 *
 * <p><b>Obligations</b>: it changes nothing, may be called again for the same release, and returns
 * within the step's time.
 */
@FunctionalInterface
public interface ReleaseCheck {

  /**
   * Looks at the release.
   *
   * @param release the verified manifest
   * @param directory where its verified files lie; not to be written to
   * @return why the release must be refused, or empty if it may go on
   * @throws Exception if the check itself could not be made: the upgrade is aborted and retried
   */
  Optional<String> refuse(Release release, Path directory) throws Exception;

  /**
   * Tells whether the check looks at files of the release.
   *
   * <p>Where a platform brings them there are none: such a check is left out then, and recorded as
   * not applicable. One that looks at the manifest only overrides this and is always run. Default:
   * true.
   */
  default boolean needsFiles() {
    return true;
  }
}
