package io.selfupgrade.core.commit;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.local.DirectoryReleases;
import io.selfupgrade.core.local.ScrubbedProcess;
import io.selfupgrade.core.release.LaunchCheck;
import io.selfupgrade.core.release.ManifestCodec;
import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.core.release.ReleaseRecipe;
import io.selfupgrade.core.release.ReleaseTool;
import io.selfupgrade.launcher.Home;
import io.selfupgrade.launcher.StateFile;
import io.selfupgrade.upgrade.CommitSigners;
import io.selfupgrade.upgrade.CommitSource;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.LocalBuild;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.ReleaseSource;
import io.selfupgrade.upgrade.SignedDocument;
import io.selfupgrade.upgrade.Trust;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Releases that are made on this machine, of commits that one of the signers has signed.
 *
 * <p>A commit is looked at once: one that was refused, or whose build failed, is looked at again
 * when another one is the newest, or when somebody says that there is news. Until then reading the
 * index is refused for the same reason, unless something newer than what runs was built before.
 * Thread-safe; one process of a home builds at a time.
 */
public final class CommitReleases implements ReleaseSource {

  private static final Logger LOG = LoggerFactory.getLogger(CommitReleases.class);
  private static final int MAX_VERSION_BYTES = 1 << 10;
  private static final String CUT_OFF =
      " was cut off by the end of its agent, and is not tried again by itself: ask for an upgrade";
  private static final String COMMIT = "commit";
  private static final String TERMS = "terms";
  private static final String CODE = "code";
  private static final String MESSAGE = "message";

  private final CommitSource commits;
  private final CommitSigners signers;
  private final LocalBuild recipe;
  private final Running running;
  private final ReleaseTool tool;
  private final BuildHome home;
  private final DirectoryReleases releases;
  private final AtomicBoolean news = new AtomicBoolean();
  private final AtomicReference<String> told = new AtomicReference<>("");
  private volatile Optional<RefusalException> refused = Optional.empty();
  private volatile Optional<String> trouble = Optional.empty();

  private CommitReleases(
      CommitSource commits,
      CommitSigners signers,
      LocalBuild recipe,
      Running running,
      ReleaseTool tool)
      throws IOException {
    this.commits = Objects.requireNonNull(commits, "commits");
    this.signers = Objects.requireNonNull(signers, "signers");
    this.recipe = Objects.requireNonNull(recipe, "recipe");
    this.running = running;
    this.tool = tool;
    this.home = BuildHome.in(running.home, tool);
    this.releases = DirectoryReleases.in(home.releases());
  }

  /**
   * Opens the builds of a home; makes their directory and key when they are not there.
   *
   * @throws IOException if the home cannot be written
   */
  public static CommitReleases open(
      CommitSource commits,
      CommitSigners signers,
      LocalBuild recipe,
      Running running,
      ReleaseTool tool)
      throws IOException {
    return new CommitReleases(commits, signers, recipe, running, tool);
  }

  /** Returns the trust in what is built here: in the home's own key. */
  public Trust trust() {
    return Trust.keys(Keys.file(home.publicKey()));
  }

  @Override
  public String describe() {
    return commits.describe() + ", built in " + running.home;
  }

  @Override
  public void expectNews() {
    news.set(true);
    commits.expectNews();
  }

  @Override
  public synchronized void seek(String channel) {
    boolean anew = news.getAndSet(false);
    trouble = Optional.empty();
    try {
      Optional<BuildHome.Turn> turn = home.turn();
      if (turn.isEmpty()) {
        tell("another process of " + running.home + " builds at the moment");
        return;
      }
      refused = Optional.empty();
      try {
        follow(channel, anew);
      } finally {
        turn.get().close();
      }
    } catch (RefusalException e) {
      refused = Optional.of(e);
      tell("nothing is built: " + e.reason());
    } catch (IOException | AdapterException e) {
      trouble = Optional.of(describe() + " is in trouble: " + e);
      tell(trouble.get());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      trouble = Optional.of("interrupted while a commit was built");
    }
  }

  @Override
  public Optional<SignedDocument> latest(String channel, int maxBytes) throws IOException {
    if (trouble.isPresent()) {
      throw new IOException(trouble.get());
    }
    if (refused.isPresent() && !hasNewer()) {
      throw new IOException(refused.get().reason().message(), refused.get());
    }
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

  private boolean hasNewer() throws IOException {
    List<Version> built = home.versions();
    return !built.isEmpty() && built.get(0).newerThan(running.version);
  }

  private void follow(String channel, boolean anew)
      throws IOException, InterruptedException, RefusalException {
    Optional<String> newest = commits.newest(runningCommit());
    if (newest.isEmpty()) {
      return;
    }
    String commit = newest.get();
    StateFile last = home.last();
    if (!anew && last.text(COMMIT).equals(newest) && last.text(TERMS).equals(terms())) {
      again(last);
      return;
    }
    note(commit, Optional.of(ReasonCode.BUILD_FAILED), "the build of " + commit + CUT_OFF);
    try {
      String done = make(channel, commit);
      note(commit, Optional.empty(), done);
      tell(done);
    } catch (RefusalException e) {
      note(commit, Optional.of(e.reason().code()), e.reason().message());
      throw e;
    } catch (IOException | InterruptedException | AdapterException e) {
      // Nothing is known of the commit: it is looked at again.
      home.note(StateFile.empty());
      throw e;
    }
  }

  /** Says of a commit that was looked at what was said then. */
  private static void again(StateFile last) throws RefusalException {
    Optional<String> code = last.text(CODE);
    if (code.isPresent()) {
      throw new RefusalException(
          ReasonCode.valueOf(code.get()), last.text(MESSAGE).orElse("refused before"));
    }
  }

  private void note(String commit, Optional<ReasonCode> code, String message) throws IOException {
    home.note(
        StateFile.empty()
            .with(COMMIT, commit)
            .with(TERMS, terms().orElseThrow())
            .with(CODE, code.map(Enum::name).orElse(""))
            .with(MESSAGE, message));
  }

  /** What was refused may be accepted by other signers, or built in another way. */
  private Optional<String> terms() {
    return Optional.of(signers + " " + recipe);
  }

  /** Takes a commit to a published release; nothing of it is run before all was verified. */
  private String make(String channel, String commit)
      throws IOException, InterruptedException, RefusalException {
    CommitObject verified = CommitObject.verified(commit, commits.signed(commit), signers);
    Path work = home.work();
    Path scratch = work.resolve("scratch");
    ScrubbedProcess.endLeftovers(scratch);
    BuildHome.delete(work);
    Files.createDirectories(scratch);
    try {
      Path files =
          new Checkout(commits, recipe.limits())
              .layOut(verified, Files.createDirectory(work.resolve("commit")));
      Version version = version(commit, files);
      Path release = home.releases().resolve(version.toString());
      if (Files.exists(release)) {
        return publishAgain(channel, commit, release);
      }
      Optional<String> old = notNewer(commit, version);
      if (old.isPresent()) {
        return old.get();
      }
      LOG.info("building commit {}, signed by {}, as {}", commit, verified.signer(), version);
      Path jar = new BuildRun(recipe).run(commit, files, scratch);
      publish(channel, made(version, commit, jar));
      home.prune();
      return "commit " + commit + ", signed by " + verified.signer() + ", was built as " + version;
    } finally {
      BuildHome.delete(work);
    }
  }

  private Version version(String commit, Path files) throws IOException, RefusalException {
    Path file = files.resolve(recipe.versionFile());
    byte[] content = new byte[0];
    if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      try (InputStream in = Files.newInputStream(file)) {
        content = in.readNBytes(MAX_VERSION_BYTES);
      }
    }
    try {
      Version version = Version.parse(new String(content, StandardCharsets.UTF_8).strip());
      if (!version.equals(Version.UNVERSIONED)) {
        return version;
      }
    } catch (IllegalArgumentException e) {
      throw new RefusalException(ReasonCode.BUILD_FAILED, noVersion(commit), e);
    }
    throw new RefusalException(ReasonCode.BUILD_FAILED, noVersion(commit));
  }

  private String noVersion(String commit) {
    return "commit "
        + commit
        + " has no version in "
        + recipe.versionFile()
        + ": expected a line such as 1.4.0";
  }

  private Optional<String> notNewer(String commit, Version version) throws IOException {
    List<Version> others = new ArrayList<>(home.versions());
    others.add(running.version);
    return others.stream()
        .filter(other -> !version.newerThan(other))
        .findFirst()
        .map(
            other ->
                "commit "
                    + commit
                    + " is of version "
                    + version
                    + ", which is not newer than "
                    + other
                    + ": nothing is built; raise the version in "
                    + recipe.versionFile());
  }

  /** A kill may have come between the making of a release and its publication. */
  private String publishAgain(String channel, String commit, Path release)
      throws IOException, RefusalException {
    if (!ManifestCodec.read(release).id().commit().equals(commit)) {
      return "commit "
          + commit
          + " is of version "
          + release.getFileName()
          + ", which another one was built as: nothing is built; raise the version in "
          + recipe.versionFile();
    }
    if (release.equals(home.releases().resolve(home.versions().get(0).toString()))) {
      publish(channel, release);
    }
    return "commit " + commit + " was built before, as " + release.getFileName();
  }

  private Path made(Version version, String commit, Path jar) throws IOException, RefusalException {
    try {
      ReleaseRecipe release = release(version, commit, jar);
      LaunchCheck.require(release);
      return tool.make(home.releases(), release);
    } catch (IllegalArgumentException e) {
      throw new RefusalException(
          ReasonCode.BUILD_FAILED,
          "commit " + commit + " was built, and gives no release: " + e.getMessage(),
          e);
    }
  }

  private ReleaseRecipe release(Version version, String commit, Path jar) {
    ReleaseRecipe made =
        ReleaseRecipe.of(running.agent.value(), version)
            .jar(jar)
            .jvmArgs(recipe.launch().jvmArgs())
            .args(recipe.launch().args())
            .commit(commit);
    recipe.launch().heapMb().ifPresent(made::heapMb);
    recipe.smoke().ifPresent(made::smoke);
    return made;
  }

  private void publish(String channel, Path release) throws IOException, RefusalException {
    List<Path> key = List.of(home.privateKey());
    tool.sign(release, key);
    try {
      tool.publish(release, channel, key);
    } catch (IllegalStateException e) {
      throw new RefusalException(ReasonCode.BUILD_FAILED, String.valueOf(e.getMessage()), e);
    }
  }

  /** Returns the commit that runs, or the one that was built last. */
  private Optional<String> runningCommit() throws IOException, RefusalException {
    List<Version> built = home.versions();
    Path slot =
        !built.isEmpty() && built.get(0).newerThan(running.version)
            ? home.releases().resolve(built.get(0).toString())
            : running.slot;
    return Optional.of(ManifestCodec.read(slot).id().commit()).filter(text -> !text.isEmpty());
  }

  private void tell(String what) {
    if (!what.equals(told.getAndSet(what))) {
      LOG.info("{}", what);
    }
  }

  /**
   * What runs.
   *
   * @param home the home that it was started from
   * @param agent the agent
   * @param version its version
   * @param slot its slot
   */
  public record Running(Home home, AgentName agent, Version version, Path slot) {
    /** Validates that all are there. */
    public Running {
      Objects.requireNonNull(home, "home");
      Objects.requireNonNull(agent, "agent");
      Objects.requireNonNull(version, "version");
      Objects.requireNonNull(slot, "slot");
    }
  }
}
