/**
 * Strict reading and plain writing of JSON; the only package of core that knows Jackson.
 *
 * <p>The doors are {@link io.selfupgrade.core.json.JsonObject} for what comes from outside and
 * {@link io.selfupgrade.core.json.JsonText} for what goes out. No type of Jackson is in any
 * signature. Reading fails closed: limits on bytes, depth, names, strings and numbers, no duplicate
 * key, no comment, no trailing text, UTF-8 only.
 */
@NullMarked
package io.selfupgrade.core.json;

import org.jspecify.annotations.NullMarked;
