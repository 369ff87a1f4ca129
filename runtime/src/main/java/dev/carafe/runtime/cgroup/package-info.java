/** Control groups: version 1, version 2 and both at once, through the file system. */
@NullMarked
package dev.carafe.runtime.cgroup;

import org.jspecify.annotations.NullMarked;
