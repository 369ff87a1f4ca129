/** Tests of the command line; those whose name ends with IT run the program as users start it. */
@NullMarked
package dev.carafe.cli;

import org.jspecify.annotations.NullMarked;
