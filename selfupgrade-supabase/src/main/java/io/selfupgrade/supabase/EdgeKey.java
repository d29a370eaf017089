package io.selfupgrade.supabase;

import io.selfupgrade.agent.ConfigurationException;
import io.selfupgrade.agent.Secret;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.regex.Pattern;

/**
 * How each kind of key travels.
 *
 * <p>A secret key is no token: as a Bearer it would be refused, and written to logs that know how
 * to hide tokens only. So it is sent in {@code apikey} alone (Supabase Docs, "Understanding API
 * keys").
 */
final class EdgeKey {

  private static final Pattern SECRET = Pattern.compile("sb_secret_[!-~]{10,500}");
  private static final Pattern TOKEN =
      Pattern.compile("ey[A-Za-z0-9_-]{5,2000}\\.[A-Za-z0-9_-]{5,4000}\\.[A-Za-z0-9_-]{5,2000}");

  private EdgeKey() {}

  /** Adds a key to a request. */
  static void send(Secret key, HttpRequest.Builder request) {
    String value = key.reveal().strip();
    if (SECRET.matcher(value).matches()) {
      request.header("apikey", value);
    } else if (TOKEN.matcher(value).matches()) {
      request.header("Authorization", "Bearer " + value);
    } else {
      throw new ConfigurationException(
          List.of(
              "the key for Edge Functions "
                  + (value.startsWith("sb_publishable_") ? "is a publishable one" : "is not usable")
                  + ": expected a secret key of the project (sb_secret_...) or its legacy"
                  + " service_role key, from the API keys in the project's settings"));
    }
  }
}
