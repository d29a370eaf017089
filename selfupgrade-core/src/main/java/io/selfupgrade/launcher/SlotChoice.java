package io.selfupgrade.launcher;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Chooses what to start in the role of the confirmed version: that one, or never nothing. */
final class SlotChoice {
  private final Home home;
  private final Journal journal;
  private String lastDamage = "";

  SlotChoice(Home home, Journal journal) {
    this.home = home;
    this.journal = journal;
  }

  /**
   * Returns the confirmed version's slot, or if that is damaged another verified one.
   *
   * @throws SlotDamagedException if no slot verifies
   */
  Slot forService(HomeState state) throws SlotDamagedException {
    String pointer = state.pointer();
    SlotDamagedException damage;
    try {
      return Slot.verified(home.slot(pointer), pointer);
    } catch (SlotDamagedException e) {
      damage = e;
      say(pointer, e);
    }
    for (String version : others(state)) {
      try {
        Slot slot = Slot.verified(home.slot(version), version);
        journal.note(JournalEvent.FALLBACK, version, "in place of " + pointer);
        return slot;
      } catch (SlotDamagedException e) {
        damage.addSuppressed(e);
      }
    }
    throw damage;
  }

  /** Says damage once, not at each retry. */
  void say(String version, SlotDamagedException damage) {
    if (!lastDamage.equals(damage.getMessage())) {
      lastDamage = damage.getMessage();
      journal.note(JournalEvent.DAMAGED, version, lastDamage);
    }
  }

  /** Confirmed ones first, then newest first; none that failed. */
  private List<String> others(HomeState state) {
    List<String> versions = new ArrayList<>();
    try (DirectoryStream<Path> found =
        Files.newDirectoryStream(home.versions(), Files::isDirectory)) {
      for (Path slot : found) {
        String version = slot.getFileName().toString();
        if (Home.isVersion(version)
            && !version.equals(state.pointer())
            && Files.notExists(home.failed(version))) {
          versions.add(version);
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      journal.note(JournalEvent.TROUBLE, "", "cannot list " + home.versions() + ": " + e);
    }
    versions.sort(
        Comparator.comparing(state::wasConfirmed)
            .thenComparing(VersionOrder.OLDEST_FIRST)
            .reversed());
    return versions;
  }
}
