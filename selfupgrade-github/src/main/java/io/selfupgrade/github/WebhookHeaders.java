package io.selfupgrade.github;

import io.selfupgrade.github.GitHubWebhook.RefusedDelivery;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** A request's headers; those that are asked for may be there once only, whatever their case. */
final class WebhookHeaders {

  private static final String SIGNATURE = "X-Hub-Signature-256";
  private static final Pattern SHAPE = Pattern.compile("sha256=[0-9a-f]{64}");
  private static final int LONGEST = 200;

  private final Map<String, List<String>> headers;

  WebhookHeaders(Map<String, List<String>> headers) {
    this.headers = headers;
  }

  /** Returns the 64 hexadecimal digits of the signature. */
  String signature() throws RefusedDelivery {
    List<String> values = values(SIGNATURE);
    if (values.isEmpty()) {
      throw new RefusedDelivery(401, SIGNATURE + " is absent: enter the secret at the webhook");
    }
    if (values.size() > 1 || !SHAPE.matcher(values.get(0)).matches()) {
      throw new RefusedDelivery(
          401, SIGNATURE + ": expected one value, sha256= and 64 lower-case hexadecimal digits");
    }
    return values.get(0).substring("sha256=".length());
  }

  /** Returns the one value of a header. */
  String one(String name) throws RefusedDelivery {
    List<String> values = values(name);
    if (values.size() != 1 || values.get(0).length() > LONGEST) {
      throw new RefusedDelivery(
          400, name + ": expected one value, of at most " + LONGEST + " characters");
    }
    return values.get(0);
  }

  /** Returns the one value of a header that has a shape. */
  String one(String name, Pattern shape) throws RefusedDelivery {
    String value = one(name);
    if (!shape.matcher(value).matches()) {
      throw new RefusedDelivery(400, name + ": expected " + shape);
    }
    return value;
  }

  private List<String> values(String name) {
    return headers.entrySet().stream()
        .filter(header -> name.equalsIgnoreCase(header.getKey()))
        .flatMap(header -> header.getValue().stream())
        .limit(2)
        .toList();
  }
}
