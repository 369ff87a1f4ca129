/** The terminal of a container's first process. */
@NullMarked
package dev.carafe.runtime.console;

import org.jspecify.annotations.NullMarked;
