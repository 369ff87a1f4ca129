@NullMarked
package dev.carafe.runtime.launch;

import org.jspecify.annotations.NullMarked;
