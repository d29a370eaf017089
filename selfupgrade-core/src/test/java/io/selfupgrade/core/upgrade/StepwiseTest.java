package io.selfupgrade.core.upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.core.upgrade.UpgradeScene.Parts;
import io.selfupgrade.upgrade.Proof;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.StepResult;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradeJournal;
import io.selfupgrade.upgrade.UpgradePhase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Steps that are called alone, in their order and in any other. */
class StepwiseTest {

  @TempDir Path root;
  private UpgradeScene scene;
  private Parts parts;
  private Pipeline pipeline;
  private Proof.Available available;

  @BeforeEach
  void trigger() throws Exception {
    scene = new UpgradeScene(root);
    scene.publish("1.1.0");
    parts = scene.parts();
    pipeline = parts.pipeline();
    available = UpgradeScene.proof(parts.check());
  }

  @Test
  void eachStepTakesTheProofOfTheOneBefore() {
    Proof.Staged staged = UpgradeScene.proof(pipeline.pull(available));
    Proof.Validated validated = UpgradeScene.proof(pipeline.validate(staged));
    Proof.Prepared prepared = UpgradeScene.proof(pipeline.backup(validated));

    assertThat(prepared.upgrade()).isEqualTo(available.upgrade());
    assertThat(parts.newest().phase()).isEqualTo(UpgradePhase.STAGED);
    assertThat(scene.store.snapshots().list(UpgradeScene.AGENT)).hasSize(1);
  }

  @Test
  void aProofIsGoodOnce() {
    UpgradeScene.proof(pipeline.pull(available));

    assertUnbacked(() -> pipeline.pull(available), "is STAGED, this step needs OPEN");
  }

  @Test
  void aSecondTriggerNamesTheOpenUpgrade() {
    assertUnbacked(() -> pipeline.trigger(Trigger.MANUAL), "join it by upgrade()");
  }

  @Test
  void aWebhookThatComesAfterTheLookWaitsForTheNextOne() {
    UpgradeJournal journal = scene.store.journal();
    UUID manual = journal.request(UpgradeScene.AGENT, Trigger.MANUAL);
    UUID webhook = journal.request(UpgradeScene.AGENT, Trigger.WEBHOOK);

    journal.answerRequests(scene.side.fence, available.upgrade());

    assertThat(journal.answerOf(manual)).contains(available.upgrade());
    assertThat(journal.answerOf(webhook)).isEmpty();
    journal.move(scene.side.fence, available.upgrade(), UpgradePhase.OPEN, UpgradePhase.ABORTED);
    pipeline.trigger(Trigger.WEBHOOK);
    assertThat(journal.answerOf(webhook)).isPresent().isNotEqualTo(journal.answerOf(manual));
  }

  @Test
  void anUpgradeThatHasEndedTakesNoProof() {
    scene.store.journal().freeze(UpgradeScene.AGENT, "an audit");
    assertThat(pipeline.pull(available)).isInstanceOf(StepResult.Ended.class);
    scene.store.journal().unfreeze(UpgradeScene.AGENT);

    assertUnbacked(() -> pipeline.pull(available), "is ABORTED");
  }

  @Test
  void anUpgradeThatDoesNotExistIsNamed() {
    UUID nobody = UUID.randomUUID();

    assertUnbacked(
        () -> pipeline.pull(new Proof.Available(nobody, available.release())),
        "has no upgrade " + nobody);
  }

  @Test
  void validateCannotBeSkipped() {
    Proof.Staged staged = UpgradeScene.proof(pipeline.pull(available));

    assertUnbacked(() -> pipeline.backup(validated(staged)), "was not validated");
    assertUnbacked(() -> pipeline.deploy(prepared(staged, UUID.randomUUID())), "was not validated");
  }

  @Test
  void backupCannotBeSkipped() {
    Proof.Staged staged = UpgradeScene.proof(pipeline.pull(available));
    UpgradeScene.proof(pipeline.validate(staged));
    UUID asked = scene.store.snapshots().take(scene.side.fence).orElseThrow().id();

    assertUnbacked(() -> pipeline.deploy(prepared(staged, UUID.randomUUID())), "call backup(...)");
    assertUnbacked(() -> pipeline.deploy(prepared(staged, asked)), "call backup(...)");
  }

  @Test
  void theReleaseCannotBeChangedOnTheWay() throws Exception {
    Release other = SlotInstaller.read(scene.home.resolve("versions/1.0.0"));

    assertUnbacked(
        () -> pipeline.pull(new Proof.Available(available.upgrade(), other)), "1.0.0", "1.1.0");
  }

  @Test
  void anotherDirectoryIsLeftAlone() throws Exception {
    Proof.Staged staged = UpgradeScene.proof(pipeline.pull(available));
    Proof.Validated validated = UpgradeScene.proof(pipeline.validate(staged));
    Proof.Prepared prepared = UpgradeScene.proof(pipeline.backup(validated));
    Path mine = Files.createDirectories(root.resolve("mine"));
    Files.writeString(mine.resolve("thesis.txt"), "three years of work");

    assertUnbacked(
        () ->
            pipeline.deploy(
                new Proof.Prepared(
                    prepared.upgrade(), prepared.release(), mine, prepared.snapshot())),
        mine.toString());

    assertThat(mine.resolve("thesis.txt")).hasContent("three years of work");
    assertThat(staged.directory()).isNotEmptyDirectory();
  }

  @Test
  void onlyThePrimaryTakesSteps() {
    scene.side.given = Optional.of(scene.side.fence);

    assertUnbacked(() -> pipeline.pull(available), "is not the primary");
  }

  /** The call fails with all of this in its message, and nothing has changed. */
  private void assertUnbacked(Supplier<?> call, String... said) {
    String before = picture();
    assertThatThrownBy(call::get)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContainingAll(said);
    assertThat(picture()).isEqualTo(before);
  }

  private String picture() {
    return parts.newest()
        + " "
        + scene.store.journal().steps(available.upgrade())
        + scene.store.snapshots().list(UpgradeScene.AGENT)
        + Files.exists(scene.home.resolve("versions/1.1.0"));
  }

  private static Proof.Validated validated(Proof.Staged staged) {
    return new Proof.Validated(staged.upgrade(), staged.release(), staged.directory());
  }

  private static Proof.Prepared prepared(Proof.Staged staged, UUID snapshot) {
    return new Proof.Prepared(staged.upgrade(), staged.release(), staged.directory(), snapshot);
  }
}
