package dev.carafe.runtime.launch;

import dev.carafe.linux.Fd;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.spec.Spec;

/**
 * What is launched.
 *
 * @param id the container's id
 * @param spec what the bundle asks for, as {@link Launcher#check} found it good
 * @param bundle the bundle's directory, absolute
 * @param directory the container's private directory, open; the start socket is made in it
 * @param cgroup where it goes; already made, with its limits set
 * @param stdio the standard streams
 * @param options what the caller asks beside
 */
public record LaunchRequest(
    String id,
    Spec spec,
    String bundle,
    Fd directory,
    Cgroup cgroup,
    Stdio stdio,
    LaunchOptions options) {}
