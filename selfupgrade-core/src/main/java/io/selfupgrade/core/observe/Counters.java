package io.selfupgrade.core.observe;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** What is counted. Thread-safe. */
final class Counters {

  final LongAdder logged = new LongAdder();
  final LongAdder written = new LongAdder();
  final LongAdder spooled = new LongAdder();
  final LongAdder dropped = new LongAdder();
  final LongAdder filed = new LongAdder();
  final LongAdder delivered = new LongAdder();
  final LongAdder retried = new LongAdder();
  final LongAdder givenUp = new LongAdder();
  final LongAdder promotions = new LongAdder();
  final LongAdder demotions = new LongAdder();
  private final Map<String, LongAdder> upgrades = new ConcurrentHashMap<>();

  void upgradeEnded(String outcome) {
    upgrades.computeIfAbsent(outcome, unused -> new LongAdder()).increment();
  }

  Map<String, Long> upgrades() {
    Map<String, Long> sums = new TreeMap<>();
    upgrades.forEach((outcome, count) -> sums.put(outcome, count.sum()));
    return sums;
  }
}
