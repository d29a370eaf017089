package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selfupgrade.agent.Version;
import io.selfupgrade.github.Copies.Answer;
import io.selfupgrade.github.GitHubException.Kind;
import io.selfupgrade.upgrade.ReleaseFile;
import io.selfupgrade.upgrade.ReleaseSource;
import io.selfupgrade.upgrade.SignedDocument;
import io.selfupgrade.upgrade.SourceStore;
import io.selfupgrade.upgrade.SourceStore.Copy;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Releases of a repository on GitHub, as the release tool publishes them.
 *
 * <p>A release has the tag {@code v1.2.3} or {@code 1.2.3}; its assets are {@code release.json},
 * {@code release.json.sig} and the files, in whose names a {@code /} of the path is a dot. The
 * newest of a channel also has {@code latest.json}, for channels other than {@code stable} {@code
 * latest-CHANNEL.json}, with its {@code .sig}. Newest is what semantic versioning says, of the
 * releases that have the channel's index; drafts do not count, and for {@code stable} neither does
 * what GitHub calls a pre-release.
 *
 * <p>A release {@code v1.2.3+index.N} has nothing but the index of 1.2.3, signed anew: so an index
 * that expires goes on while nothing is released, where releases are immutable.
 *
 * <p>A look that finds nothing new is one conditional request, which costs nothing; all agents that
 * share a store and have the same credentials share its answer for a minute, and what they hear of
 * GitHub's limits. What is signed is trusted no more than in a folder, and what could be something
 * else without a signature breaking is pinned at first sight: the repository's id, a release's tag,
 * its manifest. What is another later is refused with an {@link IOException} whose cause is a
 * {@link GitHubException} of {@link Kind#REPLACED}, unless {@link GitHubRepository#expectingId}
 * says that another repository is meant; a repository that was renamed is refused with one of
 * {@link Kind#MOVED}. Immutable and thread-safe; no I/O until it is asked.
 */
public final class GitHubReleases implements ReleaseSource {

  private static final Logger LOG = LoggerFactory.getLogger(GitHubReleases.class);
  private static final Pattern CHANNEL = Pattern.compile("[a-z0-9][a-z0-9-]{0,31}");
  private static final String SIGNATURES = ".sig";
  private static final String COMMIT_OF_TAG = "commit of tag ";
  private static final String MANIFEST = "release.json";
  private static final String INDEX = "index ";
  private static final int INDEX_BYTES = 64 << 10;
  private static final int MOST_RELEASES = 1000;

  /** Each release is listed with all of its assets, 1.5 KB each: fewer to a page than may be. */
  private static final int PAGE = 30;

  private static final int PAGE_BYTES = 16 << 20;
  private static final Duration LISTING = Duration.ofMinutes(2);

  private final GitHubRepository repository;
  private final SourceStore store;
  private final boolean immutableOnly;
  private final Copies copies;
  private final Pins pins;
  private final AtomicBoolean news = new AtomicBoolean();

  GitHubReleases(GitHubRepository repository, SourceStore store, boolean immutableOnly) {
    this.repository = repository;
    this.store = store;
    this.immutableOnly = immutableOnly;
    this.copies = new Copies(store, repository);
    this.pins = new Pins(store, repository);
  }

  /** Refuses releases that GitHub does not call immutable: whose tag or assets may change. */
  public GitHubReleases immutableOnly() {
    return new GitHubReleases(repository, store, true);
  }

  /**
   * Asks for a new release when a branch has something newer to build, and installs that.
   *
   * <p>A look at the releases is then one at the branch, too. When its head is ahead of the newest
   * release's commit and keeps what the commits are asked to keep, the workflow that builds and
   * signs is dispatched on the branch, once for that commit, with the input {@code upgrade}: an id
   * that its {@code run-name} must contain. Should that run end without success, it is dispatched
   * again, later and later, five times in all. The signed release that follows is found like any
   * other. Trouble with the branch is logged and never in the way of what is released.
   *
   * @param commits of a branch, such as {@code repository.commits("main").verified().passing()}
   * @param workflow file name of the workflow, such as {@code release.yml}
   */
  public ReleaseSource builtFrom(GitHubCommits commits, String workflow) {
    return new BuiltReleases(repository, this, commits.sharing(store), workflow, store);
  }

  @Override
  public GitHubReleases sharing(SourceStore shared) {
    return new GitHubReleases(repository, shared, immutableOnly);
  }

  @Override
  public void expectNews() {
    news.set(true);
  }

  @Override
  public String describe() {
    return "releases of " + repository;
  }

  @Override
  public Optional<SignedDocument> latest(String channel, int maxBytes) throws IOException {
    if (!CHANNEL.matcher(channel).matches()) {
      throw new IllegalArgumentException(
          "channel \"" + channel + "\" is not usable: expected 1 to 32 characters of a-z 0-9 -");
    }
    boolean told = news.getAndSet(false);
    if (told) {
      copies.expire(INDEX + channel);
    }
    return asking(
        () -> {
          byte[] copy = copies.get(INDEX + channel, known -> index(channel, maxBytes, known, told));
          return signed(JsonText.read("the copy of an index", copy), maxBytes);
        });
  }

  @Override
  public Optional<SignedDocument> manifest(Version version, int maxBytes) throws IOException {
    return asking(
        () -> {
          if (immutableOnly) {
            release(version); // Others who share the store may have read what this one must not.
          }
          byte[] copy =
              copies.get("manifest " + version, known -> manifest(version, maxBytes, known));
          return signed(JsonText.read("the copy of a manifest", copy), maxBytes);
        });
  }

  @Override
  public InputStream open(Version version, String path) throws IOException {
    String name = assetName(path);
    return asking(
        () -> {
          PublishedRelease release =
              release(version)
                  .orElseThrow(() -> new NoSuchFileException(path, null, "no release " + version));
          PublishedRelease.Asset asset = release.assets().get(name);
          if (asset == null) {
            throw new NoSuchFileException(
                path, null, "release " + release.tag() + " has no asset " + name);
          }
          return copies
              .limit()
              .obey(() -> bytes(name, asset, repository.settings().times().download()));
        });
  }

  /** Returns the commit of the newest release of a channel that was looked for before. */
  Optional<String> commitOfNewest(String channel) throws IOException {
    byte[] copy = copies.get(INDEX + channel, known -> index(channel, INDEX_BYTES, known, false));
    Optional<String> tag = JsonText.optionalText(JsonText.read("an index", copy), "tag_name");
    if (tag.isEmpty()) {
      return Optional.empty();
    }
    Optional<String> pinned = store.pinned(repository.key(COMMIT_OF_TAG + tag.get()));
    return pinned.isPresent() ? pinned : Optional.of(requireTagInPlace(tag.get()));
  }

  /** Finds the newest release that has the channel's index, and reads that. */
  private Optional<Answer> index(String channel, int maxBytes, Optional<Copy> known, boolean told)
      throws IOException {
    Listing before = Listing.of(known);
    Instant now = repository.settings().clock().instant();
    Newest newest = new Newest(channel);
    ApiClient.Listed listed =
        repository
            .client()
            .each(
                ApiRequest.get(repository.path("releases"))
                    .upTo(PAGE_BYTES)
                    .within(LISTING)
                    .unless(before.validator(now, told)),
                PAGE,
                MOST_RELEASES,
                newest::see);
    if (listed.unchanged()) {
      return Optional.empty();
    }
    pins.requireRepository(repositoryId());
    if (!listed.complete()) {
      LOG.warn(
          "{} has more than {} releases: one that is older than those is not seen",
          repository.fullName(),
          MOST_RELEASES);
    }
    ObjectNode copy = newest.found().isPresent() ? document(newest, maxBytes) : JsonText.object();
    return Optional.of(Listing.answer(listed, now, copy));
  }

  private ObjectNode document(Newest newest, int maxBytes) throws IOException {
    PublishedRelease release = newest.found().orElseThrow();
    return copy(release.released(), document(release, newest.index(), maxBytes));
  }

  /** Reads a manifest unless its assets are the ones that it was read from before. */
  private Optional<Answer> manifest(Version version, int maxBytes, Optional<Copy> known)
      throws IOException {
    Optional<PublishedRelease> release = release(version);
    if (release.isEmpty() || !release.get().assets().containsKey(MANIFEST)) {
      return Optional.of(Answer.nothing());
    }
    String assets = release.get().ids(MANIFEST, MANIFEST + SIGNATURES);
    if (known.filter(copy -> copy.validator().equals(assets)).isPresent()) {
      return Optional.empty();
    }
    SignedDocument document = document(release.get(), MANIFEST, maxBytes);
    pins.require(
        "manifest of " + version,
        HexFormat.of().formatHex(AssetStream.sha256().digest(document.document())),
        "a release never changes: publish another version");
    return Optional.of(new Answer(assets, JsonText.write(copy(release.get().tag(), document))));
  }

  private static ObjectNode copy(String tag, SignedDocument document) {
    Base64.Encoder base64 = Base64.getEncoder();
    return JsonText.object()
        .put("tag_name", tag)
        .put("document", base64.encodeToString(document.document()))
        .put("signatures", base64.encodeToString(document.signatures()));
  }

  private static Optional<SignedDocument> signed(JsonNode copy, int maxBytes) throws IOException {
    if (!copy.has("document")) {
      return Optional.empty();
    }
    byte[] document = Base64.getDecoder().decode(JsonText.text(copy, "document"));
    byte[] signatures = Base64.getDecoder().decode(JsonText.text(copy, "signatures"));
    if (Math.max(document.length, signatures.length) > maxBytes) {
      throw tooLarge("what was read before", maxBytes);
    }
    return Optional.of(new SignedDocument(document, signatures));
  }

  /** Returns a release and requires that its tag is where it was at first sight. */
  private Optional<PublishedRelease> release(Version version) throws IOException {
    byte[] copy = copies.get("release " + version, known -> byTag(version, known));
    JsonNode release = JsonText.read("the copy of a release", copy);
    if (!release.has("tag_name")) {
      return Optional.empty();
    }
    PublishedRelease found = PublishedRelease.of(release);
    requireImmutable(found, false);
    return Optional.of(found);
  }

  private Optional<Answer> byTag(Version version, Optional<Copy> known) {
    for (String tag : List.of("v" + version, version.toString())) {
      Optional<ApiResponse> answer =
          repository.client().find(ApiRequest.get(repository.path("releases", "tags", tag)));
      if (answer.isPresent()) {
        PublishedRelease release = PublishedRelease.of(answer.get().json());
        if (!pins.knowsRepository()) {
          pins.requireRepository(repositoryId());
        }
        requireTagInPlace(release.tag());
        requireImmutable(release, known.isEmpty());
        return Optional.of(new Answer("", JsonText.write(release.toJson())));
      }
    }
    return Optional.of(Answer.nothing());
  }

  private void requireImmutable(PublishedRelease release, boolean first) {
    boolean immutable = release.immutable().orElse(false);
    if (immutableOnly && !immutable) {
      throw new GitHubException(
          Kind.INVALID,
          "release "
              + release.tag()
              + " of "
              + repository.fullName()
              + " is not immutable: enable immutable releases in the repository's settings and"
              + " publish another version, or leave immutableOnly() out",
          null);
    }
    if (first) {
      LOG.info(
          "release {} of {} {}",
          release.tag(),
          repository.fullName(),
          immutable ? "is immutable" : "is not immutable: its tag and assets may still change");
    }
  }

  private long repositoryId() {
    return JsonText.number(
        repository.client().send(ApiRequest.get(repository.path())).json(), "id");
  }

  private String requireTagInPlace(String tag) {
    JsonNode reference =
        repository
            .client()
            .send(ApiRequest.get(repository.path("git", "ref", "tags/" + tag)))
            .json();
    JsonNode object = JsonText.object(reference, "object");
    String sha = JsonText.text(object, "sha");
    if (JsonText.text(object, "type").equals("tag")) {
      JsonNode annotated =
          repository.client().send(ApiRequest.get(repository.path("git", "tags", sha))).json();
      sha = JsonText.text(JsonText.object(annotated, "object"), "sha");
    }
    pins.require(
        COMMIT_OF_TAG + tag, sha, "a tag of a release never moves: publish another version");
    return sha;
  }

  private SignedDocument document(PublishedRelease release, String name, int maxBytes)
      throws IOException {
    byte[] signatures =
        release.assets().containsKey(name + SIGNATURES)
            ? bounded(release, name + SIGNATURES, maxBytes)
            : new byte[0];
    return new SignedDocument(bounded(release, name, maxBytes), signatures);
  }

  private byte[] bounded(PublishedRelease release, String name, int maxBytes) throws IOException {
    PublishedRelease.Asset asset = release.assets().get(name);
    if (asset == null) {
      throw new NoSuchFileException(name, null, "release " + release.tag() + " has no such asset");
    }
    if (asset.size() > maxBytes) {
      throw tooLarge(name + " of release " + release.tag(), maxBytes);
    }
    try (InputStream in = bytes(name, asset, repository.settings().times().total())) {
      return in.readAllBytes();
    }
  }

  private InputStream bytes(String name, PublishedRelease.Asset asset, Duration longest) {
    ApiRequest request =
        ApiRequest.get(repository.path("releases", "assets", asset.id()))
            .accept(ApiRequest.BYTES)
            .within(longest);
    return new AssetStream(repository.client().open(request), name, asset);
  }

  private static IOException tooLarge(String what, int maxBytes) {
    return new IOException(what + " is larger than the limit of " + maxBytes + " bytes");
  }

  /** Returns the name of a file's asset, in which GitHub allows no slash. */
  private static String assetName(String path) throws IOException {
    try {
      return new ReleaseFile(path, 0, "0".repeat(64)).path().replace('/', '.');
    } catch (IllegalArgumentException e) {
      throw new IOException("path \"" + path + "\" is no path of a file of a release", e);
    }
  }

  private static <T> T asking(Question<T> question) throws IOException {
    try {
      return question.ask();
    } catch (GitHubException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** Something that GitHub is asked. */
  private interface Question<T> {
    T ask() throws IOException;
  }
}
