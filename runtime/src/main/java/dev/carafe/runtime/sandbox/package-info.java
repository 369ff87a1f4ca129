/** What containers share that are in one sandbox: who is in it, its volumes, its OOM score. */
@NullMarked
package dev.carafe.runtime.sandbox;

import org.jspecify.annotations.NullMarked;
