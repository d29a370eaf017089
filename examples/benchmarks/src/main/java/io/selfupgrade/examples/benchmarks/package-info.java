/**
 * Measures SelfUpgrade beside peers and limits in one run: {@link
 * io.selfupgrade.examples.benchmarks.Benchmarks} is the program, {@link
 * io.selfupgrade.examples.benchmarks.Benchmark} what each of its subcommands is.
 *
 * <p>Absolute figures say more about a machine than about a program. So contenders run in turn, in
 * rounds whose order alternates, and what counts are ratios of medians.
 */
@NullMarked
package io.selfupgrade.examples.benchmarks;

import org.jspecify.annotations.NullMarked;
