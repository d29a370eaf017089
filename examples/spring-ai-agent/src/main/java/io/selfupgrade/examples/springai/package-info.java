/**
 * An agent on Spring AI and Spring Boot that upgrades itself and remembers, made to be copied.
 *
 * <p>{@link io.selfupgrade.examples.springai.SpringAiAgent} is the program. What Spring AI asks of
 * a store is in {@link io.selfupgrade.examples.springai.SelfUpgradeVectorStore} and {@link
 * io.selfupgrade.examples.springai.SelfUpgradeChatMemoryRepository}.
 */
@NullMarked
package io.selfupgrade.examples.springai;

import org.jspecify.annotations.NullMarked;
