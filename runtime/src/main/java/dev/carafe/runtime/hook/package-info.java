/** The programs that a spec wants run at moments of a container's life. */
@NullMarked
package dev.carafe.runtime.hook;

import org.jspecify.annotations.NullMarked;
