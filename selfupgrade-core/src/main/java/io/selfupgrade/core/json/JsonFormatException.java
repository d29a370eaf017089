package io.selfupgrade.core.json;

import org.jspecify.annotations.Nullable;

/** Text that is not JSON, is beyond a limit, or has not the shape that was expected. */
public final class JsonFormatException extends Exception {

  private static final long serialVersionUID = 1L;

  /** Describes what was seen, where, and what was expected. */
  public JsonFormatException(String message) {
    this(message, null);
  }

  /** Describes what was seen, where, and what was expected. */
  public JsonFormatException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
