/** What the tests of several packages use. */
@NullMarked
package dev.carafe.runtime.testing;

import org.jspecify.annotations.NullMarked;
