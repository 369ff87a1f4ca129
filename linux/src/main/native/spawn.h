/* Starting a program as a child: the agent's RUN, the front's Java, the JVM's agents. */
#ifndef CARAFE_SPAWN_H
#define CARAFE_SPAWN_H

#include <linux/sched.h>

#include "sys.h"

struct spawn {
  const char *path; /* 0: exe_fd is executed */
  int exe_fd;
  char *const *argv;
  char *const *envp;
  const int *fds; /* fds[i] becomes descriptor i; -1: i stays as it is. All others are closed. */
  int fd_count;
  uint64_t mask;        /* the signal mask to start with */
  bool ignore_children; /* start with SIGCHLD ignored */
  bool detached;        /* new session, "/" as directory, no signal ignored */
  bool dies_with_parent;
  int64_t parent;
  const void *filter; /* 0, or the struct sock_fprog of a seccomp filter for the program */
  uint64_t filter_flags;
  int64_t error; /* out: minus an errno if the program could not be executed */
};

/* Has the clone start in a cgroup of version 2; -1: in its parent's. */
static inline void clone_into(struct clone_args *args, int64_t cgroup) {
  if (cgroup < 0) return;
  args->flags |= CLONE_INTO_CGROUP;
  args->cgroup = (uint64_t)cgroup;
}

/* Returns the pid, or minus an errno, also when the exec failed; then there is no child left. */
int64_t spawn(struct spawn *, struct clone_args);

#define SPAWN_FDS 64

/* Makes a task that calls fn on the stack that args names, and then exits. Returns its id. */
int64_t clone_and_call(struct clone_args *args, int (*fn)(void *), void *argument);

#endif
