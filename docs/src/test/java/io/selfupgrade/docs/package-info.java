/**
 * Tests that see all modules at once, and the compiled code of the examples in the Markdown files.
 *
 * <p>{@link io.selfupgrade.docs.Module} is the door: it finds what the build made of each module.
 */
package io.selfupgrade.docs;
