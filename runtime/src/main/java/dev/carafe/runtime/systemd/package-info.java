/** systemd, asked over D-Bus. Used only where {@code --systemd-cgroup} is given. */
@org.jspecify.annotations.NullMarked
package dev.carafe.runtime.systemd;
