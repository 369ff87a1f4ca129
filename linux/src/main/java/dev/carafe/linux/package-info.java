@NullMarked
package dev.carafe.linux;

import org.jspecify.annotations.NullMarked;
