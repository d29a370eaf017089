/**
 * Conversations: adding to them, reading what a model is shown, and following what frameworks make
 * of that.
 *
 * <p>The door is {@link io.selfupgrade.core.conversation.ConversationEngine}.
 */
@NullMarked
package io.selfupgrade.core.conversation;

import org.jspecify.annotations.NullMarked;
