package io.selfupgrade.agent;

import java.util.Objects;

/**
 * An immutable JSON document, kept as its text.
 *
 * <p>The api has no codec: the text is taken as it is and is parsed where it is used (core and the
 * stores reject text that is not JSON). Two documents are equal if their texts are.
 */
public final class Json {

  /** The empty object, {@code {}}. */
  public static final Json EMPTY = new Json("{}");

  private final String text;

  private Json(String text) {
    this.text = text;
  }

  /**
   * Wraps JSON text.
   *
   * @throws IllegalArgumentException if the text is blank
   */
  public static Json of(String text) {
    Objects.requireNonNull(text, "text");
    if (text.isBlank()) {
      throw new IllegalArgumentException("JSON text is blank: expected a document such as {}");
    }
    return new Json(text);
  }

  /** Returns the text. */
  public String text() {
    return text;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Json json && json.text.equals(text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  /** Returns the text. */
  @Override
  public String toString() {
    return text;
  }
}
