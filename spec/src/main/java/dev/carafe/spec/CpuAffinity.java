package dev.carafe.spec;

import java.util.Optional;

/**
 * The processors of a process that joins by exec (config.md, Linux process, execCPUAffinity).
 *
 * @param initial the list that it has while it joins the cgroup.
 * @param last the list that it has from then on ("final" in the file).
 */
public record CpuAffinity(Optional<String> initial, Optional<String> last) {}
