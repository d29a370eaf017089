package io.selfupgrade.core.upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.core.upgrade.UpgradeScene.Parts;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.InMemoryPlatform;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.upgrade.Install;
import io.selfupgrade.upgrade.KeptUntil;
import io.selfupgrade.upgrade.Proof;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.ReleaseCheck;
import io.selfupgrade.upgrade.StateVersions;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.StepRecord.Event;
import io.selfupgrade.upgrade.StepResult;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.UpgradePhase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The steps of an upgrade that a platform carries out, each alone. */
class PlatformPipelineTest {

  @TempDir Path root;
  private final InMemoryPlatform platform = new InMemoryPlatform(KeptUntil.CONFIRMED, false);
  private final InstanceId next = InstanceId.random();
  private final List<ReleaseCheck> checks = new ArrayList<>();
  private UpgradeScene scene;
  private Parts parts;
  private Pipeline pipeline;

  @BeforeEach
  void makeScene() throws Exception {
    scene = new UpgradeScene(root);
    platform.run(
        deployment ->
            scene
                .store
                .instances()
                .register(UpgradeScene.deployed(next, deployment.version().toString())));
    parts = scene.deployedParts(Install.deploying(platform), checks);
    pipeline = parts.pipeline();
  }

  @Test
  void eachStepTakesTheProofOfTheOneBefore() throws Exception {
    scene.publish("1.1.0");
    Proof.Prepared prepared = prepared();
    assertThat(prepared.directory()).isEmptyDirectory();

    Proof.Applied applied = UpgradeScene.proof(pipeline.deploy(prepared));

    assertThat(applied.epoch()).isEqualTo(2);
    assertThat(parts.newest().phase()).isEqualTo(UpgradePhase.HANDED_OVER);
    assertThat(parts.newest().trial().orElseThrow().candidate()).contains(next);
    assertThat(platform.accepted()).hasSize(1);
    assertThat(details(Event.NOT_APPLICABLE))
        .anySatisfy(detail -> assertThat(detail).startsWith("memory brings the release's files"))
        .anySatisfy(detail -> assertThat(detail).startsWith("smoke check: "));
    assertThat(scene.side.drained).isEqualTo(1);
  }

  @Test
  void aProofThatTheJournalDoesNotBackIsRefused() throws Exception {
    scene.publish("1.1.0");
    Proof.Available available = UpgradeScene.proof(parts.check());
    Proof.Staged staged = UpgradeScene.proof(pipeline.pull(available));

    assertThatThrownBy(
            () ->
                pipeline.backup(
                    new Proof.Validated(staged.upgrade(), staged.release(), staged.directory())))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("was not validated");
    assertThat(platform.accepted()).isEmpty();
  }

  @Test
  void ofTheFilesOnlyTheMigrationsAreReadAndRunBeforeThePlatformIsAsked() throws Exception {
    Path folder = Files.createDirectories(root.resolve("sql"));
    Files.writeString(folder.resolve("20300101000000_more.sql"), "select 1;");
    scene.publish("1.1.0", recipe -> recipe.migrations(folder));
    Files.delete(root.resolve("releases/1.1.0/bot-1.1.0.jar"));
    Proof.Prepared prepared = prepared();
    assertThat(prepared.directory().resolve(Release.MIGRATIONS))
        .isDirectoryContaining(file -> file.endsWith("20300101000000_more.sql"));
    assertThat(prepared.directory().resolve("bot-1.1.0.jar")).doesNotExist();

    UpgradeScene.proof(pipeline.deploy(prepared));

    List<String> passed = details(Event.PASSED);
    assertThat(passed).anySatisfy(detail -> assertThat(detail).contains("20300101000000_more"));
    assertThat(prepared.directory()).doesNotExist();
  }

  @Test
  void aMigrationThatFailsIsAVerdictAndNothingIsAskedFor() throws Exception {
    Path folder = Files.createDirectories(root.resolve("sql"));
    Files.writeString(
        folder.resolve("20300101000000_bad.sql"), InMemoryStore.FAILS_IN_MEMORY + "\n");
    scene.publish("1.1.0", recipe -> recipe.migrations(folder));

    StepResult<Proof.Applied> result = pipeline.deploy(prepared());

    assertThat(UpgradeScene.reasonOf(result).code()).isEqualTo(ReasonCode.MIGRATION_FAILED);
    assertThat(platform.accepted()).isEmpty();
    assertThat(scene.store.journal().failedVersions(UpgradeScene.AGENT)).hasSize(1);
  }

  @Test
  void aMigrationThatWasChangedIsRefused() throws Exception {
    Path folder = Files.createDirectories(root.resolve("sql"));
    Files.writeString(folder.resolve("20300101000000_more.sql"), "select 1;");
    scene.publish("1.1.0", recipe -> recipe.migrations(folder));
    Path published = root.resolve("releases/1.1.0/migrations/20300101000000_more.sql");
    published.toFile().setWritable(true);
    Files.writeString(published, "drop all;");

    StepResult<Proof.Staged> result = pipeline.pull(UpgradeScene.proof(parts.check()));

    assertThat(UpgradeScene.reasonOf(result).code()).isEqualTo(ReasonCode.DIGEST_MISMATCH);
  }

  @Test
  void checksThatNeedFilesAreLeftOut() throws Exception {
    checks.add((release, directory) -> Optional.of("cannot be asked"));
    parts = scene.deployedParts(Install.deploying(platform), checks);
    pipeline = parts.pipeline();
    scene.publish("1.1.0");

    UpgradeScene.proof(validated());

    assertThat(details(Event.NOT_APPLICABLE))
        .anySatisfy(detail -> assertThat(detail).startsWith("1 release checks of the host that"));
  }

  @Test
  void aCheckOfTheManifestRefuses() throws Exception {
    checks.add(new OfTheManifest());
    parts = scene.deployedParts(Install.deploying(platform), checks);
    pipeline = parts.pipeline();
    scene.publish("1.1.0");

    StepResult<Proof.Validated> result = validated();

    assertThat(UpgradeScene.reasonOf(result).code()).isEqualTo(ReasonCode.CHECK_FAILED);
    assertThat(platform.accepted()).isEmpty();
  }

  @Test
  void aStateThatCannotBeGoneBackFromIsRefusedByWhatTheSourceSaysOfTheRunningVersion()
      throws Exception {
    scene.publish("1.1.0", recipe -> recipe.state(new StateVersions(1, 2, 2)));

    StepResult<Proof.Available> result = parts.check();

    assertThat(UpgradeScene.reasonOf(result).code()).isEqualTo(ReasonCode.STATE_INCOMPATIBLE);
  }

  @Test
  void whatRunsIsComparedWithAlsoWhenItsManifestHasExpired() throws Exception {
    discard(root.resolve("releases/1.0.0"));
    scene.make("1.0.0", recipe -> recipe.expires(UpgradeScene.START.plus(Duration.ofDays(1))));
    scene.clock.advance(Duration.ofDays(2));
    scene.publish("1.1.0", recipe -> recipe.state(new StateVersions(1, 2, 2)));

    StepResult<Proof.Available> result = parts.check();

    assertThat(UpgradeScene.reasonOf(result).code()).isEqualTo(ReasonCode.STATE_INCOMPATIBLE);
  }

  @Test
  void aFreezeStopsEachForwardStep() throws Exception {
    scene.publish("1.1.0");
    freeze();
    assertFrozen(parts.check());
    unfreeze();
    Proof.Available available = UpgradeScene.proof(parts.check());
    freeze();
    assertFrozen(pipeline.pull(available));
    unfreeze();
    Proof.Staged staged = UpgradeScene.proof(pipeline.pull(UpgradeScene.proof(parts.check())));
    freeze();
    assertFrozen(pipeline.validate(staged));
    unfreeze();
    Proof.Validated validated = UpgradeScene.proof(validated());
    freeze();
    assertFrozen(pipeline.backup(validated));
    unfreeze();
    Proof.Prepared prepared = prepared();
    freeze();
    assertFrozen(pipeline.deploy(prepared));
    assertThat(platform.accepted()).isEmpty();
    assertThat(scene.side.drained).isZero();
  }

  @Test
  void anInstanceOfAnotherVersionIsNotHandedOverTo() throws Exception {
    parts = scene.deployedParts(Install.deploying(platform).within(Duration.ofMinutes(1)), checks);
    pipeline = parts.pipeline();
    scene.publish("1.1.0");
    Proof.Prepared prepared = prepared();
    platform.run(
        deployment -> {
          scene.clock.advance(Duration.ofMinutes(2));
          scene.store.instances().register(UpgradeScene.deployed(next, "1.0.9"));
        });

    StepResult<Proof.Applied> result = pipeline.deploy(prepared);

    assertThat(UpgradeScene.reasonOf(result).code()).isEqualTo(ReasonCode.NOT_READY);
    assertThat(UpgradeScene.reasonOf(result).message())
        .contains("instances of [1.0.9] live beside");
  }

  private static void discard(Path release) throws IOException {
    try (Stream<Path> all = Files.walk(release)) {
      for (Path one : all.sorted(Comparator.reverseOrder()).toList()) {
        one.getParent().toFile().setWritable(true);
        Files.delete(one);
      }
    }
  }

  @Test
  void aHandOverWaitsForItsTurnAndGivesNothingThatARestartHasGiven() throws Exception {
    scene.publish("1.1.0");
    Proof.Prepared prepared = prepared();
    CompletableFuture<StepResult<Proof.Applied>> deploying;
    scene.side.turn.lock();
    try {
      deploying = CompletableFuture.supplyAsync(() -> pipeline.deploy(prepared));
      Eventually.holds(
          "it waits for its turn", Duration.ofSeconds(20), scene.side.turn::hasQueuedThreads);
      assertThat(scene.side.drained).isZero();
      scene.takeOver(UpgradeScene.deployed(InstanceId.random(), "1.0.0"), scene.side.fence);
    } finally {
      scene.side.turn.unlock();
    }

    StepResult<Proof.Applied> result = deploying.join();

    assertThat(UpgradeScene.reasonOf(result).code()).isEqualTo(ReasonCode.NEW_PRIMARY);
    assertThat(scene.side.resumed).isEqualTo(1);
    assertThat(scene.side.given).isEmpty();
  }

  /** A platform that keeps it until the new one is healthy stops it just then. */
  @Test
  void aProcessThatIsStoppedWhenItsSuccessorIsThereHandsOverAllTheSame() throws Exception {
    scene.publish("1.1.0");
    Proof.Prepared prepared = prepared();
    CompletableFuture<StepResult<Proof.Applied>> result = new CompletableFuture<>();
    CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
    Thread deploying =
        new Thread(
            () -> {
              result.complete(pipeline.deploy(prepared));
              interrupted.complete(Thread.currentThread().isInterrupted());
            });
    scene.side.turn.lock();
    try {
      deploying.start();
      Eventually.holds(
          "it waits for its turn", Duration.ofSeconds(20), scene.side.turn::hasQueuedThreads);
      deploying.interrupt();
    } finally {
      scene.side.turn.unlock();
    }

    UpgradeScene.proof(result.join());

    assertThat(scene.side.given).isPresent();
    assertThat(scene.side.drainedInTrouble).isFalse();
    assertThat(interrupted.join()).as("it stops after").isTrue();
  }

  private StepResult<Proof.Validated> validated() {
    return pipeline.validate(UpgradeScene.proof(pipeline.pull(UpgradeScene.proof(parts.check()))));
  }

  private Proof.Prepared prepared() {
    return UpgradeScene.proof(pipeline.backup(UpgradeScene.proof(validated())));
  }

  private List<String> details(Event event) {
    return scene.store.journal().steps(parts.newest().id()).stream()
        .filter(step -> step.event() == event)
        .map(StepRecord::detail)
        .toList();
  }

  private void freeze() {
    scene.store.journal().freeze(UpgradeScene.AGENT, "holidays");
  }

  private void unfreeze() {
    scene.store.journal().unfreeze(UpgradeScene.AGENT);
  }

  private static void assertFrozen(StepResult<?> result) {
    assertThat(UpgradeScene.reasonOf(result).code()).isEqualTo(ReasonCode.FROZEN);
    UpgradeOutcome outcome = ((StepResult.Ended<?>) result).outcome();
    assertThat(outcome).isInstanceOf(UpgradeOutcome.Aborted.class);
  }

  /** A check that refuses everything, by its manifest. */
  private static final class OfTheManifest implements ReleaseCheck {

    @Override
    public Optional<String> refuse(Release release, Path directory) {
      return Optional.of("not " + release.version());
    }

    @Override
    public boolean needsFiles() {
      return false;
    }
  }
}
