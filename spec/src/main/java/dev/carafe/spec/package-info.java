@NullMarked
package dev.carafe.spec;

import org.jspecify.annotations.NullMarked;
