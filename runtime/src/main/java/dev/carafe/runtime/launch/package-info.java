/** From a validated spec to a first process that is held, and its start. */
@NullMarked
package dev.carafe.runtime.launch;

import org.jspecify.annotations.NullMarked;
