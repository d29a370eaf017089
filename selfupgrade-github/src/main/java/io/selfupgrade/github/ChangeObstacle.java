package io.selfupgrade.github;

import io.selfupgrade.change.ChangeState;

/**
 * What is in the way of merging a pull request.
 *
 * @param state what the change is in because of it
 * @param note what was seen, for people
 */
record ChangeObstacle(ChangeState state, String note) {}
