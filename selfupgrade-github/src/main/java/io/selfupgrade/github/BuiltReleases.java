package io.selfupgrade.github;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Version;
import io.selfupgrade.github.Copies.Answer;
import io.selfupgrade.github.GitHubException.Kind;
import io.selfupgrade.upgrade.ReleaseSource;
import io.selfupgrade.upgrade.SignedDocument;
import io.selfupgrade.upgrade.SourceStore;
import io.selfupgrade.upgrade.SourceStore.Copy;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Releases, of which a new one is asked for when the branch has something newer to build. */
final class BuiltReleases implements ReleaseSource {

  private static final Logger LOG = LoggerFactory.getLogger(BuiltReleases.class);

  private final GitHubRepository repository;
  private final GitHubReleases releases;
  private final GitHubCommits commits;
  private final String workflow;
  private final SourceStore store;
  private final Copies copies;
  private final AtomicBoolean news = new AtomicBoolean();
  private final AtomicReference<String> told = new AtomicReference<>("");

  BuiltReleases(
      GitHubRepository repository,
      GitHubReleases releases,
      GitHubCommits commits,
      String workflow,
      SourceStore store) {
    this.repository = repository;
    this.releases = releases;
    this.commits = commits;
    this.workflow = workflow;
    this.store = store;
    this.copies = new Copies(store, repository);
  }

  @Override
  public ReleaseSource sharing(SourceStore store) {
    return new BuiltReleases(
        repository, releases.sharing(store), commits.sharing(store), workflow, store);
  }

  @Override
  public void expectNews() {
    releases.expectNews();
    news.set(true);
  }

  @Override
  public String describe() {
    return releases.describe() + ", built from " + commits.branch() + " by " + workflow;
  }

  @Override
  public void seek(String channel) {
    try {
      follow(channel);
    } catch (IOException | AdapterException e) {
      tell("the branch " + commits.branch() + " cannot be followed: " + e.getMessage());
    }
  }

  @Override
  public Optional<SignedDocument> latest(String channel, int maxBytes) throws IOException {
    return releases.latest(channel, maxBytes);
  }

  @Override
  public Optional<SignedDocument> manifest(Version version, int maxBytes) throws IOException {
    return releases.manifest(version, maxBytes);
  }

  @Override
  public InputStream open(Version version, String path) throws IOException {
    return releases.open(version, path);
  }

  private void follow(String channel) throws IOException {
    boolean anew = news.getAndSet(false);
    if (anew) {
      commits.expectNews();
    }
    String head = commits.head();
    Optional<String> released = releases.commitOfNewest(channel);
    if (released.filter(head::equals).isPresent()) {
      return;
    }
    Build build = new Build(workflow, commits.branch(), head, channel);
    if (anew) {
      copies.expire(build.key());
    }
    byte[] end =
        copies.getInTurn(build.key(), known -> Optional.of(see(build, released, known, anew)));
    tell(new String(end, StandardCharsets.UTF_8));
  }

  private Answer see(Build build, Optional<String> released, Optional<Copy> known, boolean anew) {
    BuildOnce once = new BuildOnce(repository, build, store);
    try {
      BuildOnce.Standing standing = once.look(known, anew);
      if (standing.told().isPresent()) {
        return standing.told().get();
      }
      CommitFinding finding = commits.judge(build.commit(), released);
      return copy(
          finding instanceof CommitFinding.Ahead ? once.ask(standing.next()) : finding.summary());
    } catch (GitHubException e) {
      if (e.kind() == Kind.RATE_LIMITED) {
        throw e;
      }
      return copy("the build of " + build + " by " + workflow + " has to wait: " + e.getMessage());
    }
  }

  private static Answer copy(String text) {
    return new Answer("", text.getBytes(StandardCharsets.UTF_8));
  }

  private void tell(String what) {
    if (!what.equals(told.getAndSet(what))) {
      LOG.info("{}", what);
    }
  }
}
