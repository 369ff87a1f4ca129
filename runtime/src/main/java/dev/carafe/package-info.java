/**
 * Containers for programs on the JVM: {@link Carafe} is one state root, {@link Container} one
 * container in it. All of it may be used from many threads at once, and while other processes work
 * on the same root.
 */
@NullMarked
package dev.carafe;

import org.jspecify.annotations.NullMarked;
