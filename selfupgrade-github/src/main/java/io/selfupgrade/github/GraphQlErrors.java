package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import io.selfupgrade.github.GitHubException.Kind;

/** The errors of a GraphQL answer, which comes with status 200. */
final class GraphQlErrors {

  private GraphQlErrors() {}

  /**
   * Returns the first error, which is not about limits.
   *
   * @param changes whether a mutation was sent
   */
  static GitHubException of(JsonNode errors, boolean changes) {
    JsonNode first = errors.path(0);
    String type = first.path("type").asText("");
    String what =
        "GraphQL was answered with "
            + (type.isEmpty() ? "an error" : type)
            + ": "
            + Refusals.shortened(first.path("message").asText("no message"));
    return new GitHubException(kind(type, changes), what + advice(type, changes), null);
  }

  private static Kind kind(String type, boolean changes) {
    return switch (type) {
      case "NOT_FOUND" -> Kind.NOT_FOUND;
      case "FORBIDDEN", "INSUFFICIENT_SCOPES" -> Kind.FORBIDDEN;
      case "STALE_DATA" -> Kind.CONFLICT;
      case "UNPROCESSABLE", "BAD_USER_INPUT", "ARGUMENT_ERROR" -> Kind.INVALID;
      case "" -> changes ? Kind.AMBIGUOUS : Kind.UNAVAILABLE;
      default -> changes ? Kind.AMBIGUOUS : Kind.UNEXPECTED;
    };
  }

  private static String advice(String type, boolean changes) {
    return switch (kind(type, changes)) {
      case NOT_FOUND -> "; see its name, and that the token can see it";
      case FORBIDDEN -> "; see the token's permissions";
      case CONFLICT -> "; somebody else was faster, look again";
      case AMBIGUOUS -> "; it may have been done all the same, look before it is sent again";
      default -> "";
    };
  }
}
