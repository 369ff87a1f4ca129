/** The comparison with runc, crun and a bare C program. */
@NullMarked
package dev.carafe.bench;

import org.jspecify.annotations.NullMarked;
