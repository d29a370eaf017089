/**
 * An agent of LangChain4j that remembers, keeps its conversations and looks after itself.
 *
 * <p>{@link io.selfupgrade.examples.langchain4j.SelfUpgradeEmbeddingStore} and {@link
 * io.selfupgrade.examples.langchain4j.SelfUpgradeChatMemoryStore} are made to be copied, each by
 * itself; {@link io.selfupgrade.examples.langchain4j.ChatAgent} puts them together.
 */
@NullMarked
package io.selfupgrade.examples.langchain4j;

import org.jspecify.annotations.NullMarked;
