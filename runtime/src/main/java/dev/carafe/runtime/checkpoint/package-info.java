/** Checkpoint and restore: what CRIU is asked, and what is done around it. */
@NullMarked
package dev.carafe.runtime.checkpoint;

import org.jspecify.annotations.NullMarked;
