package dev.carafe.runtime.cgroup;

/** The controllers that a cgroup has. */
interface Controllers {

  /**
   * Returns the cgroup's directory in the hierarchy of a controller.
   *
   * @param controller its name, as {@code memory}
   * @param wanted what it is needed for, as {@code linux.resources.memory.limit}
   * @throws CgroupException if this cgroup has no such controller
   */
  String directory(String controller, String wanted);
}
