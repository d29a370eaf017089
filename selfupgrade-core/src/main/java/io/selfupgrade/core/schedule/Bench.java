package io.selfupgrade.core.schedule;

import java.util.Collection;
import java.util.List;

/** Where claimed runs are given to threads. */
interface Bench {

  /** Returns how many runs could begin at once. */
  int free();

  /** Takes runs to be executed; returns those that will not be, to be given back. */
  Collection<ActiveRun> start(List<ActiveRun> runs);
}
