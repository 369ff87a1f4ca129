/** The root file system of a container: everything of a launch that touches it. */
@org.jspecify.annotations.NullMarked
package dev.carafe.runtime.root;
