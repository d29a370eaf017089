/**
 * What was said: the messages of conversations, in their order, with tool calls and their results.
 *
 * <p>The door is {@link io.selfupgrade.conversation.Conversations}, the port {@link
 * io.selfupgrade.conversation.ConversationStore}. Messages are only added; what a model is shown of
 * them is kept beside. Conversations are data: snapshots copy them.
 */
@NullMarked
package io.selfupgrade.conversation;

import org.jspecify.annotations.NullMarked;
