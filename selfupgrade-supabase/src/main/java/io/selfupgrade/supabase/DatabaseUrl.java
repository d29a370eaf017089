package io.selfupgrade.supabase;

import io.selfupgrade.agent.ConfigurationException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a database is and how to get in, with limits on every wait.
 *
 * <p>Takes both usual forms, {@code jdbc:postgresql://host/db?user=u&password=p} and {@code
 * postgresql://u:p@host/db}; what stands in the URL wins over the defaults here.
 */
final class DatabaseUrl {

  private static final List<String> SCHEMES = List.of("postgresql://", "postgres://");
  private static final String JDBC = "jdbc:postgresql:";

  /** By its whole text: 127.example.org is somebody else. */
  private static final Pattern LOOPBACK =
      Pattern.compile("(localhost|127(\\.[0-9]{1,3}){3}|\\[::1])(:[0-9]*)?");

  /** libpq's names of settings that the driver knows by another name. */
  private static final Map<String, String> LIBPQ_NAMES =
      Map.of("application_name", "ApplicationName", "connect_timeout", "connectTimeout");

  private static final Map<String, String> DEFAULTS =
      Map.of(
          "ApplicationName", "selfupgrade",
          // The driver then sends its settings with the start of a session, and no SET after it.
          "assumeMinServerVersion", "15",
          "connectTimeout", "10",
          "loginTimeout", "10",
          "socketTimeout", "30",
          "tcpKeepAlive", "true");

  private static final Set<String> LOGIN = Set.of("user", "password");

  private final String url;
  private final Properties properties;
  private final Place place;

  private DatabaseUrl(String url, Properties properties, Place place) {
    this.url = url;
    this.properties = properties;
    this.place = place;
  }

  /**
   * Reads a URL.
   *
   * @throws ConfigurationException if it has another shape; the message does not repeat the URL,
   *     which may hold a password
   */
  static DatabaseUrl parse(String text) {
    String trimmed = text.trim();
    for (String scheme : SCHEMES) {
      if (trimmed.startsWith(scheme)) {
        return parts("//" + trimmed.substring(scheme.length()));
      }
    }
    if (trimmed.startsWith(JDBC)) {
      return parts(trimmed.substring(JDBC.length()));
    }
    throw unusable("it begins with neither of these");
  }

  /** Returns what the hosts of a URL tell, as a driver gives it; nothing if it is another one's. */
  static Place placeOf(@Nullable String driversUrl) {
    try {
      return parse(driversUrl == null ? "" : driversUrl).place();
    } catch (ConfigurationException e) {
      return Place.of(List.of(""), false);
    }
  }

  private static DatabaseUrl parts(String text) {
    int question = text.indexOf('?');
    String place = question < 0 ? text : text.substring(0, question);
    Properties properties = new Properties();
    if (question >= 0) {
      readQuery(text.substring(question + 1), properties);
    }
    if (!place.startsWith("//")) {
      return finish(place, "localhost", properties);
    }
    int slash = place.indexOf('/', 2);
    String authority = slash < 0 ? place.substring(2) : place.substring(2, slash);
    int at = authority.lastIndexOf('@');
    if (at >= 0) {
      readUser(authority.substring(0, at), properties);
    }
    String hosts = authority.substring(at + 1);
    String database = slash < 0 ? "/" : place.substring(slash);
    return finish("//" + hosts + database, hosts, properties);
  }

  private static void readUser(String userInfo, Properties properties) {
    int colon = userInfo.indexOf(':');
    properties.setProperty("user", decoded(colon < 0 ? userInfo : userInfo.substring(0, colon)));
    if (colon >= 0) {
      properties.setProperty("password", decoded(userInfo.substring(colon + 1)));
    }
  }

  private static void readQuery(String query, Properties properties) {
    for (String pair : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        String name = decoded(pair.substring(0, equals));
        properties.setProperty(
            LIBPQ_NAMES.getOrDefault(name, name), decoded(pair.substring(equals + 1)));
      }
    }
  }

  private static DatabaseUrl finish(String place, String hosts, Properties properties) {
    List<String> each = Arrays.asList(hosts.split(",", -1));
    Place told = Place.of(each, Boolean.parseBoolean(properties.getProperty("pgbouncer")));
    DEFAULTS.forEach(properties::putIfAbsent);
    if (!each.stream().allMatch(DatabaseUrl::loopback)) {
      properties.putIfAbsent("sslmode", "require");
    }
    return new DatabaseUrl(JDBC + place, properties, told);
  }

  private static boolean loopback(String host) {
    return host.isEmpty() || LOOPBACK.matcher(host).matches();
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw unusable(
          "a percent sign in it is not followed by two hexadecimal digits: write a percent sign"
              + " itself as %25");
    }
  }

  private static ConfigurationException unusable(String problem) {
    return new ConfigurationException(
        List.of(
            "the database URL is not usable, "
                + problem
                + ": expected jdbc:postgresql://HOST:PORT/DATABASE?user=USER&password=PASSWORD or"
                + " postgresql://USER:PASSWORD@HOST:PORT/DATABASE"));
  }

  /** Returns the same URL with one setting more. */
  DatabaseUrl with(String name, String value) {
    Properties more = properties();
    more.setProperty(name, value);
    return new DatabaseUrl(url, more, place);
  }

  /** Returns the same place and settings for another login, as {@link #parse} takes it. */
  String forLogin(String user, String password) {
    StringBuilder text = new StringBuilder("postgresql://");
    text.append(encoded(user)).append(':').append(encoded(password)).append('@');
    String there = url.substring(JDBC.length());
    text.append(there.startsWith("//") ? there.substring(2) : "localhost/" + there);
    String separator = "?";
    for (String name : new TreeSet<>(properties.stringPropertyNames())) {
      String value = properties.getProperty(name, "");
      boolean chosen = !value.equals(DEFAULTS.get(name)) && !LOGIN.contains(name);
      if (chosen) {
        text.append(separator).append(encoded(name)).append('=').append(encoded(value));
        separator = "&";
      }
    }
    return text.toString();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** Returns the user's name; empty if the URL has none. */
  String user() {
    return properties.getProperty("user", "");
  }

  /** Returns the password; empty if the URL has none. */
  String password() {
    return properties.getProperty("password", "");
  }

  /** Returns the URL for the driver, without user, password and settings. */
  String url() {
    return url;
  }

  /** Returns what the driver needs beside the URL, the password among it. */
  Properties properties() {
    Properties copy = new Properties();
    copy.putAll(properties);
    return copy;
  }

  /** Returns how long the server may take to answer; zero for ever. */
  Duration longestAnswer() {
    try {
      return Duration.ofSeconds(Integer.parseInt(properties.getProperty("socketTimeout")));
    } catch (NumberFormatException e) {
      throw unusable("its socketTimeout is no number of seconds");
    }
  }

  /** Returns what the hosts tell. */
  Place place() {
    return place;
  }

  /** Tells whether the user's name ends with a project's reference, as a shared pooler wants it. */
  boolean userNamesProject() {
    return properties.getProperty("user", "").contains(".");
  }

  /** Returns the URL without secrets. */
  @Override
  public String toString() {
    return url;
  }
}
