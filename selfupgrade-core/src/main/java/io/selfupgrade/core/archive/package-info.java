/**
 * Archives: zip and tar.gz, read strictly and unpacked below one directory.
 *
 * <p>The door is {@link io.selfupgrade.core.archive.Archives}. The readers refuse what two readers
 * could understand differently; links, special files and names that are not plain are refused with
 * the whole archive, and each limit is counted on what was really read. All writing goes through
 * the launcher's {@link io.selfupgrade.launcher.Disk}.
 */
@NullMarked
package io.selfupgrade.core.archive;

import org.jspecify.annotations.NullMarked;
