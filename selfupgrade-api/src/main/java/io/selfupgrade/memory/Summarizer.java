package io.selfupgrade.memory;

import java.util.List;

/** Makes one text of several that say nearly the same; a language model of the host's, say. */
@FunctionalInterface
public interface Summarizer {

  /**
   * Summarizes.
   *
   * @param alike two or more memories, the one that will be kept first
   * @return what it is to say from then on, 1 to 100,000 characters
   * @throws RuntimeException if it cannot now: these memories stay as they are
   */
  String summarize(List<Remembered> alike);
}
