package io.selfupgrade.core.archive;

/**
 * One file that came out of an archive, as it was really read.
 *
 * @param path below the folder that it was unpacked into, of plain segments joined by {@code /}
 * @param length in bytes
 * @param sha256 64 lower-case hexadecimal digits
 */
public record UnpackedFile(String path, long length, String sha256) {}
