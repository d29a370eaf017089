package io.selfupgrade.core.memory;

import java.util.Arrays;

/** A set of fingerprints that takes 8 bytes for each; filled first, then asked. */
final class Fingerprints {

  private static final int FIRST = 1_024;

  private long[] values = new long[FIRST];
  private int size;
  private boolean sorted;

  void add(long value) {
    if (size == values.length) {
      values = Arrays.copyOf(values, size * 2);
    }
    values[size++] = value;
    sorted = false;
  }

  boolean contains(long value) {
    if (!sorted) {
      Arrays.sort(values, 0, size);
      sorted = true;
    }
    return Arrays.binarySearch(values, 0, size, value) >= 0;
  }
}
