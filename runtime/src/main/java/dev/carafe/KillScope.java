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
   * @param pid its id as it sees it itself, in its own pid namespace
   */
  record One(int pid) implements KillScope {}

  /**
   * The processes of a process group.
   *
   * @param pgid the group's id as its processes see it, in their own pid namespace
   */
  record Group(int pgid) implements KillScope {}
}
