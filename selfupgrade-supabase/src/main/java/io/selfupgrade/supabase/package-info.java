/**
 * The state of agents in Postgres, Supabase's or any other from version 15 on.
 *
 * <p>The door is {@link io.selfupgrade.supabase.PostgresStore}: describe one and give it to the
 * builder. Handlers of tasks write with their tick by {@link io.selfupgrade.supabase.PostgresRun}.
 * Everything lies in the schema {@code selfupgrade}, made by the files under {@code
 * supabase/migrations}.
 */
@NullMarked
package io.selfupgrade.supabase;

import org.jspecify.annotations.NullMarked;
