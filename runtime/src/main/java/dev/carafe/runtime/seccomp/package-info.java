/** System call filters (config-linux.md, Seccomp): compiled here, loaded by an agent. */
@org.jspecify.annotations.NullMarked
package dev.carafe.runtime.seccomp;
