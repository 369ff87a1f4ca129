/**
 * The state of containers on disk, and the locks on it: the only package that writes state.
 *
 * <p>{@link dev.carafe.runtime.state.StateStore} says how a root is laid out and why no kill, power
 * loss or full disk leaves anything but an old state or a new one.
 */
@NullMarked
package dev.carafe.runtime.state;

import org.jspecify.annotations.NullMarked;
