package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.conversation.Conversation;
import io.selfupgrade.conversation.ConversationStore;
import io.selfupgrade.conversation.ConversationStore.Author;
import io.selfupgrade.conversation.ConversationStore.Cursor;
import io.selfupgrade.conversation.ConversationStore.Showing;
import io.selfupgrade.conversation.ConversationStore.Shown;
import io.selfupgrade.conversation.ConversationStore.Span;
import io.selfupgrade.conversation.Message;
import io.selfupgrade.conversation.Posted;
import io.selfupgrade.observe.Retention.Kept;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Obligations of {@link ConversationStore} about contexts, and what retention does to both. */
abstract class ConversationContextContract extends StoreContract {

  private static final int MANY = 1_000;

  @Test
  void aConversationBeginsWithAContextOfAll() {
    List<Posted> said = say("chat", "a", "b", "c");

    Shown shown = context("chat");

    assertThat(shown.messages()).isEqualTo(said);
    assertThat(shown.whole()).isTrue();
    assertThat(shown.last()).isEqualTo(3);
    assertThat(store.conversations().context(scene.agent, "unknown", MANY)).isEmpty();
  }

  @Test
  void theContextFollowsItsSpansInTheirOrder() {
    say("chat", "1", "2", "3", "4");
    Shown before = context("chat");

    List<Posted> added =
        show(
                before.revision(),
                List.of("5"),
                new Span(5, 5),
                new Span(2, 3),
                new Span(6, Span.OPEN))
            .orElseThrow();

    assertThat(added).extracting(Posted::sequence).containsExactly(5L);
    assertThat(texts(context("chat").messages())).containsExactly("5", "2", "3");
    say("chat", "6");
    Shown then = context("chat");
    assertThat(texts(then.messages())).containsExactly("5", "2", "3", "6");
    assertThat(then.last()).isEqualTo(6);
    assertThat(texts(everything("chat"))).containsExactly("1", "2", "3", "4", "5", "6");
    assertThat(secondStore().conversations().context(scene.agent, "chat", MANY)).contains(then);
  }

  @Test
  void ofAContextThatIsTooMuchTheEndIsShown() {
    say("chat", "1", "2", "3", "4");
    show(context("chat").revision(), List.of(), new Span(4, 4), new Span(1, 3));

    Shown shown = store.conversations().context(scene.agent, "chat", 2).orElseThrow();

    assertThat(texts(shown.messages())).containsExactly("2", "3");
    assertThat(shown.whole()).isFalse();
    assertThat(store.conversations().context(scene.agent, "chat", 4).orElseThrow().whole())
        .isTrue();
  }

  @Test
  void anEmptyContextShowsWhatComesLater() {
    say("chat", "1", "2");
    show(context("chat").revision(), List.of(), new Span(3, Span.OPEN));

    assertThat(context("chat").messages()).isEmpty();
    assertThat(context("chat").whole()).isTrue();
    say("chat", "3");

    assertThat(texts(context("chat").messages())).containsExactly("3");
  }

  @Test
  void onlyTheRevisionThatWasReadIsWritten() {
    say("chat", "1");
    UUID seen = context("chat").revision();
    say("chat", "2");

    assertThat(show(seen, List.of("3"), Span.ALL)).isEmpty();
    assertThat(show(UUID.randomUUID(), List.of("3"), Span.ALL)).isEmpty();
    assertThat(
            store
                .conversations()
                .show(
                    author(), "chat", Optional.empty(), new Showing(List.of(), List.of(Span.ALL))))
        .as("expected to be absent")
        .isEmpty();
    assertThat(texts(everything("chat"))).containsExactly("1", "2");
    assertThat(show(context("chat").revision(), List.of("3"), Span.ALL)).isPresent();
    assertThat(texts(everything("chat"))).containsExactly("1", "2", "3");
  }

  @Test
  void aContextCanBeTheBeginningOfAConversation() {
    Showing first = new Showing(List.of(Message.user("a")), List.of(new Span(1, 1)));

    Optional<List<Posted>> added =
        store.conversations().show(author(), "chat", Optional.empty(), first);

    assertThat(texts(added.orElseThrow())).containsExactly("a");
    assertThat(texts(context("chat").messages())).containsExactly("a");
    say("chat", "b");
    assertThat(texts(context("chat").messages())).containsExactly("a");
    Showing nothing = new Showing(List.of(), List.of(Span.ALL));
    assertThat(store.conversations().show(author(), "silent", Optional.empty(), nothing))
        .contains(List.of());
    assertThat(store.conversations().find(scene.agent, "silent"))
        .map(Conversation::last)
        .contains(0L);
    assertThat(context("silent").messages()).isEmpty();
  }

  @Test
  void aChoiceAloneIsNotSomethingSaid() {
    say("chat", "1");
    Conversation before = store.conversations().find(scene.agent, "chat").orElseThrow();
    UUID seen = context("chat").revision();
    passShort();

    show(seen, List.of(), new Span(2, Span.OPEN));

    assertThat(store.conversations().find(scene.agent, "chat")).contains(before);
    assertThat(context("chat").revision()).isNotEqualTo(seen);
  }

  @Test
  void ofWritersThatHaveReadTheSameOneWins() {
    say("chat", "1");
    UUID seen = context("chat").revision();

    List<Boolean> won =
        inThreads(index -> show(seen, List.of("by " + index), Span.ALL).isPresent());

    assertThat(won).containsOnlyOnce(true);
    assertThat(everything("chat")).hasSize(2);
    List<Boolean> began =
        inThreads(
            index ->
                store
                    .conversations()
                    .show(
                        author(),
                        "begun",
                        Optional.empty(),
                        new Showing(List.of(Message.user("by " + index)), List.of(Span.ALL)))
                    .isPresent());
    assertThat(began).containsOnlyOnce(true);
    assertThat(everything("begun")).hasSize(1);
  }

  @Test
  void aRevisionIsNeverThereAgain() {
    Fence primary = scene.lead();
    Set<UUID> seen = new HashSet<>();
    say("chat", "1");
    seen.add(context("chat").revision());
    var snapshot = store.snapshots().take(primary).orElseThrow();
    for (int i = 0; i < 3; i++) {
      say("chat", "2");
      assertThat(seen.add(context("chat").revision())).isTrue();
    }
    var plan = store.snapshots().plan(scene.agent, snapshot.id()).orElseThrow();
    store.snapshots().restore(primary, plan);
    for (int i = 0; i < 3; i++) {
      say("chat", "3");
      assertThat(seen.add(context("chat").revision())).as("after a restore").isTrue();
    }
    store.conversations().delete(scene.agent, "chat");
    say("chat", "4");
    assertThat(seen.add(context("chat").revision())).as("after a deletion").isTrue();
  }

  @Test
  void oldConversationsGoByTheirMessages() {
    Fence fence = scene.lead();
    say("old", "1", "2", "3");
    Scene stranger = new Scene(store);
    store
        .conversations()
        .append(
            new Author(stranger.agent, InstanceId.random(), 0), "old", List.of(Message.user("a")));
    passShort();

    assertThat(delete(fence, LONG, 2)).isZero();
    assertThat(delete(new Fence(scene.agent, InstanceId.random(), fence.epoch()), SHORT, 2))
        .isZero();
    assertThat(delete(fence, SHORT, 2)).as("the oldest messages first").isEqualTo(2);
    assertThat(texts(everything("old"))).containsExactly("3");
    assertThat(delete(fence, SHORT, 2)).as("a message and its conversation").isEqualTo(2);
    assertThat(delete(fence, SHORT, 2)).isZero();

    assertThat(store.conversations().list(scene.agent, "", MANY)).isEmpty();
    assertThat(store.conversations().find(stranger.agent, "old")).isPresent();
  }

  private int delete(Fence fence, Duration olderThan, int most) {
    return store.retention().delete(fence, Kept.CONVERSATIONS, olderThan, most);
  }

  private Shown context(String conversation) {
    return store.conversations().context(scene.agent, conversation, MANY).orElseThrow();
  }

  private Optional<List<Posted>> show(UUID expected, List<String> added, Span... spans) {
    Showing showing = new Showing(added.stream().map(Message::user).toList(), Arrays.asList(spans));
    return store.conversations().show(author(), "chat", Optional.of(expected), showing);
  }

  private List<Posted> everything(String conversation) {
    return store
        .conversations()
        .read(scene.agent, conversation, new Cursor(0, false), MANY)
        .messages();
  }

  private static List<String> texts(List<Posted> messages) {
    return messages.stream().map(posted -> posted.message().content()).toList();
  }

  private List<Posted> say(String conversation, String... texts) {
    return store
        .conversations()
        .append(author(), conversation, Arrays.stream(texts).map(Message::user).toList());
  }

  private Author author() {
    return new Author(scene.agent, InstanceId.random(), 0);
  }
}
