/** Black-box tests of the program {@code carafe}. */
@org.jspecify.annotations.NullMarked
package dev.carafe.conformance;
