/**
 * The life cycle of containers: what each operation decides, in which order it works, and undoes.
 */
@NullMarked
package dev.carafe.runtime.container;

import org.jspecify.annotations.NullMarked;
