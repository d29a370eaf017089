package io.selfupgrade.github;

import io.selfupgrade.agent.Secret;
import java.net.URI;
import java.time.Clock;
import java.util.HashSet;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * How GitHub is reached.
 *
 * @param api base URL of the REST API, without a slash at its end
 * @param apiVersion the version of the REST API that is asked for
 * @param token a token; empty for none or for an App's
 * @param app whose tokens are used; empty for none or for a token
 * @param alsoFrom names of further hosts that redirects may lead to
 * @param times how long things may take
 * @param clock tells the time
 */
record ClientSettings(
    URI api,
    String apiVersion,
    Optional<Secret> token,
    Optional<GitHubApp> app,
    Set<String> alsoFrom,
    ClientTimes times,
    Clock clock) {

  private static final String VERSION = "2022-11-28";
  private static final Pattern DATE = Pattern.compile("\\d{4}-\\d{2}-\\d{2}");
  private static final Pattern HOST =
      Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*");
  private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "localhost", "[::1]");

  ClientSettings {
    Objects.requireNonNull(times, "times");
    Objects.requireNonNull(clock, "clock");
    if (!DATE.matcher(apiVersion).matches()) {
      throw new IllegalArgumentException(
          "API version \"" + apiVersion + "\" is not usable: expected a date, such as " + VERSION);
    }
    alsoFrom = Set.copyOf(alsoFrom);
    api = requireUsable(api);
  }

  static ClientSettings at(URI api, Clock clock) {
    return new ClientSettings(
        api, VERSION, Optional.empty(), Optional.empty(), Set.of(), ClientTimes.DEFAULT, clock);
  }

  ClientSettings api(URI changed) {
    return new ClientSettings(changed, apiVersion, token, app, alsoFrom, times, clock);
  }

  ClientSettings apiVersion(String changed) {
    return new ClientSettings(api, changed, token, app, alsoFrom, times, clock);
  }

  ClientSettings token(Secret changed) {
    return new ClientSettings(
        api, apiVersion, Optional.of(changed), Optional.empty(), alsoFrom, times, clock);
  }

  ClientSettings app(GitHubApp changed) {
    return new ClientSettings(
        api, apiVersion, Optional.empty(), Optional.of(changed), alsoFrom, times, clock);
  }

  ClientSettings alsoFrom(String host) {
    String name = host.toLowerCase(Locale.ROOT);
    if (!HOST.matcher(name).matches() || name.length() > 253) {
      throw new IllegalArgumentException(
          "host \""
              + host
              + "\" is not usable: expected its whole name alone, such as"
              + " releases.s3.eu-central-1.amazonaws.com, without https://, port, path or *");
    }
    Set<String> more = new HashSet<>(alsoFrom);
    more.add(name);
    return new ClientSettings(api, apiVersion, token, app, more, times, clock);
  }

  ClientSettings times(ClientTimes changed) {
    return new ClientSettings(api, apiVersion, token, app, alsoFrom, changed, clock);
  }

  ClientSettings clock(Clock changed) {
    return new ClientSettings(api, apiVersion, token, app, alsoFrom, times, changed);
  }

  /** Returns where GraphQL is asked. */
  URI graphql() {
    String base = api.toString();
    return URI.create(
        base.endsWith("/api/v3")
            ? base.substring(0, base.length() - "/v3".length()) + "/graphql"
            : base + "/graphql");
  }

  /** Tells whether everything is on this machine's loopback interface, over plain HTTP. */
  boolean loopback() {
    return "http".equalsIgnoreCase(api.getScheme());
  }

  static boolean onLoopback(String host) {
    return LOOPBACK.contains(host);
  }

  private static URI requireUsable(URI api) {
    String text = api.toString();
    String host = api.getHost();
    boolean secure = "https".equalsIgnoreCase(api.getScheme());
    boolean local = "http".equalsIgnoreCase(api.getScheme()) && host != null && onLoopback(host);
    if (host == null
        || !(secure || local)
        || api.getRawUserInfo() != null
        || api.getRawQuery() != null
        || api.getRawFragment() != null) {
      throw new IllegalArgumentException(
          "the API's base URL is not usable: expected https://HOST/api/v3, or plain http to this"
              + " machine's loopback interface in tests, without user, query and fragment");
    }
    return URI.create(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
  }
}
