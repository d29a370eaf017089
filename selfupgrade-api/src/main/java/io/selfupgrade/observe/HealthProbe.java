package io.selfupgrade.observe;

/**
 * A question to the running agent that it must answer well: a probe or a critical path.
 *
 * <p><b>Obligations</b>: may be called at any time and by several threads, changes nothing that it
 * does not undo, and returns soon (it is interrupted after its time, 5 s by default, and has then
 * failed).
 */
@FunctionalInterface
public interface HealthProbe {

  /**
   * Asks.
   *
   * @throws Exception if the answer is not good; its message says what was seen and expected
   */
  void check() throws Exception;
}
