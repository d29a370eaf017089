/**
 * The benchmark of schedules: {@link io.selfupgrade.examples.benchmarks.schedule.ScheduleBenchmark}
 * is its door, the other classes are its contenders.
 */
@NullMarked
package io.selfupgrade.examples.benchmarks.schedule;

import org.jspecify.annotations.NullMarked;
