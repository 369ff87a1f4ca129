package dev.carafe.runtime.state;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What could be read of a damaged state file.
 *
 * @param init the container's first process
 * @param cgroups controller to absolute path of the container's cgroup there
 * @param rdtGroups directories of resctrl that are the container's alone
 */
public record Salvage(
    Optional<ProcessIdentity> init, Map<String, String> cgroups, List<String> rdtGroups) {}
