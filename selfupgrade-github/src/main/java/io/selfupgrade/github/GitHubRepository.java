package io.selfupgrade.github;

import io.selfupgrade.agent.Secret;
import io.selfupgrade.change.ChangePolicy;
import io.selfupgrade.upgrade.SourceStore;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * A repository, and how it is reached: immutable, and without I/O or thread until it is used.
 *
 * <p>What is made from one description shares its token and what is known of its limits, so make
 * all of an agent's doors from the same one. Without {@link #token} or {@link #app} GitHub allows
 * 60 requests an hour. Connections are made with HTTPS alone; plain HTTP is accepted for a base URL
 * on this machine's loopback interface, for tests.
 */
public final class GitHubRepository {

  private static final Pattern OWNER = Pattern.compile("[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98})");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,100}");

  private final String owner;
  private final String name;
  private final OptionalLong expectedId;
  private final ClientSettings settings;
  private final ApiClient client;

  private GitHubRepository(
      String owner, String name, OptionalLong expectedId, ClientSettings settings) {
    this.owner = owner;
    this.name = name;
    this.expectedId = expectedId;
    this.settings = settings;
    this.client = new ApiClient(settings, name);
  }

  static GitHubRepository named(String fullName, ClientSettings settings) {
    String[] parts = fullName.split("/", -1);
    if (parts.length != 2
        || !OWNER.matcher(parts[0]).matches()
        || !NAME.matcher(parts[1]).matches()
        || parts[1].equals(".")
        || parts[1].equals("..")) {
      throw new IllegalArgumentException(
          "repository \"" + fullName + "\" is not usable: expected owner/name, such as acme/bot");
    }
    return new GitHubRepository(parts[0], parts[1], OptionalLong.empty(), settings);
  }

  /** Uses a token: fine-grained, classic, or the {@code GITHUB_TOKEN} of a workflow. */
  public GitHubRepository token(Secret token) {
    return with(settings.token(token));
  }

  /** Acts as an installation of a GitHub App, whose tokens are made and renewed as needed. */
  public GitHubRepository app(GitHubApp app) {
    return with(settings.app(app));
  }

  /**
   * Uses a GitHub Enterprise Server.
   *
   * @param api base URL of its REST API, {@code https://HOST/api/v3}
   * @throws IllegalArgumentException if it is no such URL
   */
  public GitHubRepository at(URI api) {
    return with(settings.api(api));
  }

  /**
   * Follows redirects to one more host, such as the storage that a GitHub Enterprise Server keeps
   * files in; by default to GitHub's own, or to those below the server's name, alone.
   *
   * <p>Over https alone, and never with a token. May be called several times.
   *
   * @param host its whole name, such as {@code releases.s3.eu-central-1.amazonaws.com}
   * @throws IllegalArgumentException if it is more or less than a name
   */
  public GitHubRepository alsoFrom(String host) {
    return with(settings.alsoFrom(host));
  }

  /**
   * Says which repository is meant, after one has taken the place of another on purpose.
   *
   * <p>By default it is the one that was seen first under this name, by anybody who shares the
   * store, and releases of another one are refused. Its id stays when a repository is renamed or
   * transferred. What was seen of tags and manifests holds for this one too.
   *
   * @param id as in {@code gh api repos/OWNER/NAME --jq .id}
   * @throws IllegalArgumentException if it is not positive
   */
  public GitHubRepository expectingId(long id) {
    if (id <= 0) {
      throw new IllegalArgumentException(
          "repository id " + id + " is not usable: expected a positive number, as GitHub tells it");
    }
    return new GitHubRepository(owner, name, OptionalLong.of(id), settings);
  }

  /**
   * Asks for another version of the REST API than {@code 2022-11-28}.
   *
   * @param date such as {@code 2026-03-10}
   */
  public GitHubRepository apiVersion(String date) {
    return with(settings.apiVersion(date));
  }

  /** Looks for releases here. */
  public GitHubReleases releases() {
    return new GitHubReleases(this, new LocalSources(settings.clock()), false);
  }

  /**
   * Looks at the commits of a branch.
   *
   * @param branch such as {@code main}
   */
  public GitHubCommits commits(String branch) {
    return new GitHubCommits(this, branch, new LocalSources(settings.clock()));
  }

  /**
   * Returns a workflow that deploys.
   *
   * @param file its name in {@code .github/workflows}, such as {@code deploy.yml}
   * @throws IllegalArgumentException if it is no such name
   */
  public GitHubWorkflow workflow(String file) {
    return GitHubWorkflow.named(this, file, Pace.REAL);
  }

  /** Returns the door to changes that the agent proposes, within what a policy allows. */
  public GitHubChanges changes(ChangePolicy policy) {
    return GitHubChanges.to(this, policy);
  }

  /** Returns {@code owner/name}. */
  public String fullName() {
    return owner + "/" + name;
  }

  /** Returns what it is, for logs and errors, without secrets. */
  @Override
  public String toString() {
    return "repository " + fullName() + " on " + settings.api().getHost();
  }

  /** Returns a copy with other settings, and another client. */
  GitHubRepository with(ClientSettings changed) {
    return new GitHubRepository(owner, name, expectedId, changed);
  }

  ClientSettings settings() {
    return settings;
  }

  ApiClient client() {
    return client;
  }

  String owner() {
    return owner;
  }

  String name() {
    return name;
  }

  /** Returns the id that it must have, if somebody said so. */
  OptionalLong expectedId() {
    return expectedId;
  }

  /** Returns the key under which a store keeps something of this repository, for everybody. */
  String key(String what) {
    String place = settings.api().getAuthority() + "/" + fullName();
    return fitting(place.toLowerCase(Locale.ROOT) + ": " + what);
  }

  /** Returns the key likewise, of the repository that has an id, whatever it is called. */
  String key(long id, String what) {
    String place = settings.api().getAuthority().toLowerCase(Locale.ROOT);
    return fitting(place + "/#" + id + ": " + what);
  }

  /**
   * Returns the key under which a store keeps what this repository told whoever has the same
   * credentials, and means the same repository by its name.
   */
  String copyKey(String what) {
    String meant = expectedId.isPresent() ? ", " + expectedId.getAsLong() + " expected" : "";
    return key(what + ", as " + CredentialName.of(settings) + meant);
  }

  /** Returns the key under which a store keeps until when nobody of these credentials may ask. */
  String limitKey() {
    String place = settings.api().getAuthority().toLowerCase(Locale.ROOT);
    return fitting(place + ": not before, as " + CredentialName.of(settings));
  }

  private static String fitting(String key) {
    if (key.length() <= SourceStore.MAX_KEY) {
      return key;
    }
    String digest = "#" + CredentialName.digest(key);
    return key.substring(0, SourceStore.MAX_KEY - digest.length()) + digest;
  }

  /** Returns the path of something in this repository, its segments encoded, a {@code /} too. */
  String path(Object... segments) {
    StringBuilder path = new StringBuilder("/repos/" + owner + "/" + name);
    for (Object segment : segments) {
      path.append('/').append(encoded(Objects.toString(segment)));
    }
    return path.toString();
  }

  private static String encoded(String segment) {
    if (segment.isEmpty() || segment.equals(".") || segment.equals("..")) {
      throw new IllegalArgumentException("\"" + segment + "\" cannot be a part of a path");
    }
    return URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
