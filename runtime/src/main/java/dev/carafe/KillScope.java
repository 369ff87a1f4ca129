package dev.carafe;

/** Which processes of a container get a signal. */
public sealed interface KillScope {

  /** The first process. */
  KillScope INIT = new Init();

  /** Every process of the container. */
  KillScope ALL = new All();

  /** The first process. */
  record Init() implements KillScope {}

  /** Every process of the container. */
  record All() implements KillScope {}

  /**
   * One process, and no other that has its id by the time.
   *
   * @param pid its id in the pid namespace of the container's first process
   */
  record One(int pid) implements KillScope {
    /** Refuses what is no process's id. */
    public One {
      if (pid <= 0) {
        throw new InvalidInputException("there is no process " + pid + ": ids begin with 1");
      }
    }
  }

  /**
   * The processes of a process group.
   *
   * @param pgid the group's id in the pid namespace of the container's first process
   */
  record Group(int pgid) implements KillScope {
    /** Refuses what is no group's id; 0 is shown for a group outside of the pid namespace. */
    public Group {
      if (pgid <= 0) {
        throw new InvalidInputException("there is no process group " + pgid + ": ids begin with 1");
      }
    }
  }
}
