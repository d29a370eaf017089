package io.selfupgrade.supabase;

/** Whether a store may change the schema when it is opened. */
public enum Migrations {
  /** Files that have not been applied are applied. The default. */
  APPLY,
  /**
   * Only checks, for logins that may not create tables: what is missing is named, with the command
   * that mends it.
   */
  VERIFY
}
