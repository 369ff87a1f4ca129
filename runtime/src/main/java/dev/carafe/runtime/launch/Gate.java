package dev.carafe.runtime.launch;

import dev.carafe.runtime.cgroup.Entrance;

/** Lets a process into a container's cgroup, if the container still may be joined. */
public interface Gate {

  /** Has the process made and sees that it is in the cgroup; if this throws it is not let in. */
  void admit(Maker maker);

  /** Makes the process. May be asked again, if it failed. */
  interface Maker {
    /**
     * Makes it, on its way in by an entrance, if there is one; returns its id. It has entered
     * nothing else yet.
     */
    int make(Entrance entrance);
  }
}
