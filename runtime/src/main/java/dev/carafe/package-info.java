@NullMarked
package dev.carafe;

import org.jspecify.annotations.NullMarked;
