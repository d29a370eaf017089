package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import io.selfupgrade.github.GitHubException.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import okhttp3.Headers;

/** Turns an answer of status 4xx or 5xx into an exception that says what to do. */
final class Refusals {

  static final int MAX_BYTES = 64 * 1024;

  private static final int LONGEST = 400;

  private final RateLimits limits;
  private final ClientSettings settings;

  Refusals(ClientSettings settings, RateLimits limits) {
    this.settings = settings;
    this.limits = limits;
  }

  GitHubException of(ApiRequest request, int status, Headers headers, byte[] body) {
    String message = message(headers, body);
    return limits
        .refusal(request, status, headers, message.toLowerCase(Locale.ROOT))
        .orElseGet(() -> other(request, status, headers, message));
  }

  private GitHubException other(ApiRequest request, int status, Headers headers, String message) {
    String what = request + " was answered with status " + status + quoted(message);
    if (status >= 500 || status == 408) {
      return request.manner().repeatable()
          ? new GitHubException(
              Kind.UNAVAILABLE, what + ": GitHub is in trouble, try again later", null)
          : new GitHubException(
              Kind.AMBIGUOUS,
              what + ": it may have been done all the same, look before it is sent again",
              null);
    }
    return new GitHubException(kind(status), what + ": " + advice(status, headers), null);
  }

  private static Kind kind(int status) {
    return switch (status) {
      case 401 -> Kind.BAD_CREDENTIALS;
      case 403, 451 -> Kind.FORBIDDEN;
      case 404, 410 -> Kind.NOT_FOUND;
      case 405, 409, 412, 423 -> Kind.CONFLICT;
      case 400, 413, 415, 422 -> Kind.INVALID;
      default -> Kind.UNEXPECTED;
    };
  }

  private String advice(int status, Headers headers) {
    return switch (status) {
      case 401 -> credentials();
      case 403 -> permission(headers);
      case 404 ->
          "there is no such thing, or "
              + (anonymous() ? "it is private and no token was given" : "the token cannot see it")
              + ": see the name, and that the token has this repository";
      case 409 -> "it does not fit what is there now: look again";
      case 400, 422 -> "correct what was asked for";
      default -> "see https://docs.github.com/rest";
    };
  }

  private String credentials() {
    if (settings.app().isPresent()) {
      return "the App's key or installation is not accepted: see its id, that the key is one of its"
          + " keys, that it is installed, and this machine's clock";
    }
    return "the token is not accepted: it may have expired or been revoked; make a new one";
  }

  private String permission(Headers headers) {
    if (headers.get("x-github-sso") != null) {
      return "authorise the token for single sign-on of its organisation";
    }
    String accepted = headers.get("x-accepted-github-permissions");
    if (accepted != null && !accepted.isBlank()) {
      return "the token lacks a permission: give it "
          + shortened(accepted)
          + (accepted.contains("checks=") && settings.app().isEmpty()
              ? "; a fine-grained token cannot have checks: it takes a GitHub App, or a classic"
                  + " token with the scope repo"
              : "");
    }
    return anonymous()
        ? "no token was given: give one that has this repository"
        : "the token may not do it: see its permissions and that it has this repository";
  }

  private boolean anonymous() {
    return settings.token().isEmpty() && settings.app().isEmpty();
  }

  /** Returns what GitHub says, with the fields that it complains about. */
  private static String message(Headers headers, byte[] body) {
    String type = headers.get("Content-Type");
    if (type == null || !JsonText.isJson(type)) {
      return "";
    }
    try {
      JsonNode answer = JsonText.read("a refusal", body);
      List<String> parts = new ArrayList<>();
      JsonText.optionalText(answer, "message").ifPresent(parts::add);
      for (JsonNode error : answer.path("errors")) {
        String text =
            error.isTextual()
                ? error.textValue()
                : String.join(
                    " ",
                    error.path("field").asText(""),
                    error.path("code").asText(""),
                    error.path("message").asText(""));
        parts.add(text.strip());
      }
      return shortened(String.join("; ", parts));
    } catch (GitHubException e) {
      return "";
    }
  }

  private static String quoted(String message) {
    return message.isEmpty() ? "" : " (" + message + ")";
  }

  /** Keeps a stranger's text to one line of printable characters. */
  static String shortened(String text) {
    String line = text.replaceAll("[\\p{Cntrl}\\s]+", " ").strip();
    return line.length() > LONGEST ? line.substring(0, LONGEST) + "..." : line;
  }
}
