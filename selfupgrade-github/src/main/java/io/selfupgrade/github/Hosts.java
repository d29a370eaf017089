package io.selfupgrade.github;

import io.selfupgrade.github.GitHubException.Kind;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Where redirects may lead. */
final class Hosts {

  private static final Set<String> OF_GITHUB =
      Set.of(
          "github.com",
          "codeload.github.com",
          "objects.githubusercontent.com",
          "release-assets.githubusercontent.com");

  /** Where GitHub's own description of the API says that logs are. */
  private static final String OF_ACTIONS = ".actions.githubusercontent.com";

  /** Where logs really are. Whoever pays for it has an account there: for files alone. */
  private static final String BLOBS = ".blob.core.windows.net";

  private static final Pattern FILE =
      Pattern.compile("/repos/[^/]+/[^/]+/(?:actions/jobs/\\d+/logs|releases/assets/\\d+)");

  private final ClientSettings settings;

  Hosts(ClientSettings settings) {
    this.settings = settings;
  }

  /**
   * Returns where a redirect leads, if it may be followed.
   *
   * <p>Errors name the host alone: the rest of such a URL often is a password.
   */
  URI follow(ApiRequest request, URI from, String location) {
    URI to;
    try {
      to = from.resolve(new URI(location));
    } catch (URISyntaxException e) {
      throw refused(request, "a Location that is no URL");
    }
    String host = to.getHost() == null ? "" : to.getHost().toLowerCase(Locale.ROOT);
    if (to.getRawUserInfo() != null || !allowed(request, to, host)) {
      throw refused(request, to.getScheme() + "://" + host);
    }
    return to;
  }

  /** Tells whether two URLs are of one origin, which may see the same credentials. */
  static boolean sameOrigin(URI one, URI other) {
    return one.getScheme().equalsIgnoreCase(other.getScheme())
        && one.getHost().equalsIgnoreCase(other.getHost())
        && port(one) == port(other);
  }

  private boolean allowed(ApiRequest request, URI to, String host) {
    if (settings.loopback()) {
      return "http".equalsIgnoreCase(to.getScheme()) && ClientSettings.onLoopback(host);
    }
    if (!"https".equalsIgnoreCase(to.getScheme())) {
      return false;
    }
    String own = settings.api().getHost().toLowerCase(Locale.ROOT);
    if (host.equals(own) || settings.alsoFrom().contains(host)) {
      return true;
    }
    return own.equals(GitHub.API.getHost())
        ? OF_GITHUB.contains(host)
            || host.endsWith(OF_ACTIONS)
            || (host.endsWith(BLOBS) && FILE.matcher(request.path()).matches())
        : host.endsWith("." + own);
  }

  private static GitHubException refused(ApiRequest request, String where) {
    return new GitHubException(
        Kind.UNEXPECTED,
        request
            + " was redirected to "
            + where
            + ", which is none of GitHub's hosts over https: not followed; see whether something"
            + " between here and GitHub answers for it, or allow a host that keeps its files by"
            + " alsoFrom(...) on the repository",
        null);
  }

  private static int port(URI uri) {
    if (uri.getPort() >= 0) {
      return uri.getPort();
    }
    return "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
  }
}
