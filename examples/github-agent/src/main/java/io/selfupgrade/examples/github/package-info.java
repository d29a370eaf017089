/** An agent that upgrades itself from the releases of a repository on GitHub. */
@org.jspecify.annotations.NullMarked
package io.selfupgrade.examples.github;
