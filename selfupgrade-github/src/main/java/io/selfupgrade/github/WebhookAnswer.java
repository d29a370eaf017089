package io.selfupgrade.github;

import java.util.Objects;

/**
 * What to send back to GitHub.
 *
 * @param status of HTTP: 202 queued; 200 nothing to do; 4xx refused; 503 not queued
 * @param text the body, which GitHub shows beside the delivery; plain text without secrets
 */
public record WebhookAnswer(int status, String text) {
  /**
   * Validates the status.
   *
   * @throws IllegalArgumentException if it is none of HTTP
   */
  public WebhookAnswer {
    Objects.requireNonNull(text, "text");
    if (status < 200 || status > 599) {
      throw new IllegalArgumentException("status " + status + ": expected 200 to 599");
    }
  }
}
