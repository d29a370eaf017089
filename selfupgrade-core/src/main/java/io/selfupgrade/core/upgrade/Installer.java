package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.core.release.VerifiedRelease;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.upgrade.Proof;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/** How the next version comes to run beside this one: in a slot, or on a platform. */
interface Installer {

  /** Refuses where nothing can start another version. */
  void requireAble() throws RefusalException;

  /** Judges what this way of installing asks of a release that is newly installed. */
  void judge(Release release) throws RefusalException;

  /** Judges what this way of installing asks of any release that it is to start. */
  void judgeStart(Release release) throws RefusalException;

  /** Returns the manifest of the version that runs, if it is known. */
  Optional<Release> running() throws RefusalException;

  /** Proves that what one goes back to is there, where that can be known before. */
  void requireWayBack() throws RefusalException;

  /** Returns why no file of a release is tried out; empty where they are here. */
  Optional<String> withoutFiles();

  /** Brings what is needed of a verified release to this host, and returns where it lies. */
  Path bring(UUID upgrade, VerifiedRelease verified) throws RefusalException;

  /** Returns where that lies if it was brought before and is whole. */
  Optional<Path> brought(UUID upgrade, Release release);

  /** Returns an older release, as it was confirmed, to go back to. */
  Release older(Version version) throws RefusalException;

  /** Returns where the files of an older release are that an upgrade goes back to. */
  Path placeOf(UUID upgrade, Release older);

  /** Makes a prepared release startable; the last effect before the trial begins. */
  void install(Proof.Prepared proof) throws RefusalException;

  /**
   * Has the candidate of a trial started, or asked for; the same trial may be started again.
   *
   * @return the instance that is to be handed over to
   */
  InstanceId start(Fence fence, UpgradeRecord trial)
      throws RefusalException, AbortException, EndedException, InterruptedException;

  /** Tells whether the candidate is warm already, so that a hand-over to it can be rehearsed. */
  boolean isWarm();

  /** Notes that the lead was handed over at that epoch. */
  void handedOver(UUID upgrade, long epoch);

  /** Tells whether an instance is of the build that an upgrade goes to. */
  boolean isBuild(InstanceRecord instance, UpgradeRecord.Target expected);

  /** Tells whether this instance goes on with a trial that it finds as a new primary. */
  boolean goesOnWith(UpgradeRecord trial);
}
