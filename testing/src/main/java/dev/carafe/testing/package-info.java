/** What every module's tests share. */
@NullMarked
package dev.carafe.testing;

import org.jspecify.annotations.NullMarked;
