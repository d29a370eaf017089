package io.selfupgrade.supabase;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/** What tests ask a primary for, of whichever release it is: in words that all of them know. */
public interface Work extends AutoCloseable {

  /** Takes the lead of its agent, of whoever has it; says the epoch. */
  long lead();

  /** Does each kind of work of a primary once: each write has to be acknowledged. */
  void round();

  /** Tells whether a due task is one that it would run, or can claim. */
  boolean takes(String task, Instant due);

  /** Applies the migrations of a folder, as an upgrade does; says which were applied. */
  List<String> migrate(Path folder);

  @Override
  void close();
}
