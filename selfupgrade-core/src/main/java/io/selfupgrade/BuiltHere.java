package io.selfupgrade;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.ConfigurationException;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.commit.CommitReleases;
import io.selfupgrade.core.local.LauncherLink;
import io.selfupgrade.core.release.ReleaseTool;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.upgrade.CommitSigners;
import io.selfupgrade.upgrade.CommitSource;
import io.selfupgrade.upgrade.Install;
import io.selfupgrade.upgrade.LocalBuild;
import io.selfupgrade.upgrade.ReleaseSource;
import io.selfupgrade.upgrade.SignedDocument;
import io.selfupgrade.upgrade.Trust;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Commits that are built on this machine, if they are: only by the trust of that name.
 *
 * @param commits where they are found
 * @param build how they are built
 */
record BuiltHere(@Nullable CommitSource commits, @Nullable LocalBuild build) {

  /** Nothing is built here. */
  static final BuiltHere NOTHING = new BuiltHere(null, null);

  static final String NO_LAUNCHER =
      "upgrades(u -> u.fromCommits(...)) needs the launcher, which did not start this process: what"
          + " is built lies in its home; start it with launcher.jar run HOME";

  boolean isAsked() {
    return commits != null;
  }

  /** Returns what does not go together, each with the call that mends it. */
  List<String> problems(
      @Nullable ReleaseSource source, @Nullable Trust trust, @Nullable Install install) {
    List<String> found = new ArrayList<>();
    boolean allowed = trust != null && trust.commitSigners().isPresent();
    if (isAsked() && source != null) {
      found.add("upgrades(u -> u.from(...).fromCommits(...)) names two sources: call one of them");
    }
    if (isAsked() && trust != null && !allowed) {
      found.add(
          "upgrades(u -> u.fromCommits(...)) builds on this machine, which Trust.keys(...) does not"
              + " allow: call trust(Trust.verifiedCommits(...)), or from(...) with releases that a"
              + " workflow builds and signs");
    }
    if (!isAsked() && allowed && source != null) {
      found.add(
          "upgrades(u -> u.trust(Trust.verifiedCommits(...))) is for commits that are built on this"
              + " machine: call fromCommits(...) in the place of from(...), or"
              + " trust(Trust.keys(...))");
    }
    if (isAsked() && install instanceof Install.Deploying) {
      found.add(
          "upgrades(u -> u.fromCommits(...)) does not go with installBy(Install.deploying(...)): a"
              + " platform does not run what is built on this machine; leave one of them out");
    }
    return found;
  }

  /**
   * Opens what builds here; a process that never acts builds nothing.
   *
   * @throws ConfigurationException if the home cannot be used for it
   */
  Opened open(
      AgentStore store,
      AgentName agent,
      Identity identity,
      ReleaseTool tool,
      @Nullable Trust trust) {
    Trust given = Objects.requireNonNull(trust, "trust");
    Optional<LauncherLink> link = identity.link();
    if (link.isEmpty()) {
      return new Opened(new Elsewhere(), given);
    }
    CommitSigners signers = given.commitSigners().orElseThrow();
    try {
      CommitReleases releases =
          CommitReleases.open(
              Objects.requireNonNull(commits, "commits").sharing(store.sources()),
              signers,
              Objects.requireNonNull(build, "build"),
              new CommitReleases.Running(
                  link.get().home(), agent, identity.version(), link.get().slot()),
              tool);
      return new Opened(releases, releases.trust());
    } catch (IOException e) {
      ConfigurationException unusable =
          new ConfigurationException(
              List.of(
                  "upgrades(u -> u.fromCommits(...)): the home "
                      + link.get().root()
                      + " cannot be used: "
                      + e));
      unusable.initCause(e);
      throw unusable;
    }
  }

  /**
   * What upgrades go by.
   *
   * @param source the releases that are made here
   * @param trust the trust in the home's own key
   */
  record Opened(ReleaseSource source, Trust trust) {}

  /** The releases of a process that never acts. */
  private record Elsewhere() implements ReleaseSource {

    @Override
    public String describe() {
      return "commits, built where the agent runs under its launcher";
    }

    @Override
    public Optional<SignedDocument> latest(String channel, int maxBytes) {
      return Optional.empty();
    }

    @Override
    public Optional<SignedDocument> manifest(Version version, int maxBytes) {
      return Optional.empty();
    }

    @Override
    public InputStream open(Version version, String path) throws IOException {
      throw new NoSuchFileException(path, null, "nothing is built in this process");
    }
  }
}
