/**
 * Memories: how fast they come in and how fast they are found, beside LangChain4j, Spring AI and
 * what Postgres can do, and whether what is found is what was looked for. {@link
 * io.selfupgrade.examples.benchmarks.memory.MemoryBenchmark} is the door.
 */
@NullMarked
package io.selfupgrade.examples.benchmarks.memory;

import org.jspecify.annotations.NullMarked;
