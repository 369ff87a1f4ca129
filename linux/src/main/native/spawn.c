#include "spawn.h"

#include <linux/close_range.h>
#include <linux/fcntl.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <linux/signal.h>
#include <linux/wait.h>

/*
 * Moves the wanted descriptors out of the way first, since they may sit on each other's places. The
 * rest is only marked, because exe_fd must live until the exec.
 */
static int64_t place_fds(struct spawn *s) {
  int moved[SPAWN_FDS];
  int64_t fd = s->path ? 0 : sys(__NR_fcntl, s->exe_fd, F_DUPFD_CLOEXEC, s->fd_count);
  if (fd < 0) return fd;
  s->exe_fd = (int)fd;
  for (int i = 0; i < s->fd_count; i++) {
    fd = s->fds[i] < 0 ? -1 : sys(__NR_fcntl, s->fds[i], F_DUPFD_CLOEXEC, s->fd_count);
    if (fd < 0 && s->fds[i] >= 0) return fd;
    moved[i] = (int)fd;
  }
  for (int i = 0; i < s->fd_count; i++) {
    fd = moved[i] < 0 ? 0 : sys(__NR_dup3, moved[i], i, 0);
    if (fd < 0) return fd;
  }
  return sys(__NR_close_range, s->fd_count, ~0u, CLOSE_RANGE_CLOEXEC);
}

static void detach(void) {
  const struct action standard = {HANDLE_DEFAULT, 0, 0, 0};
  for (int signal = 1; signal <= 64; signal++) {
    sys(__NR_rt_sigaction, signal, &standard, 0, 8);
  }
  sys(__NR_setsid);
  sys(__NR_chdir, "/");
}

/* In the child: returns only when the program could not be executed. */
static int64_t become(struct spawn *s) {
  if (s->dies_with_parent) {
    sys(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL);
    /* A parent that died before that call sends nothing. 0: it is outside of our pid namespace. */
    int64_t parent = sys(__NR_getppid);
    if (parent != s->parent && parent != 0) return -ESRCH;
  }
  if (s->detached) detach();
  if (s->ignore_children) {
    const struct action ignore = {HANDLE_IGNORE, 0, 0, 0};
    sys(__NR_rt_sigaction, SIGCHLD, &ignore, 0, 8);
  }
  int64_t result = place_fds(s);
  if (result < 0) return result;
  sys(__NR_rt_sigprocmask, MASK_SET, &s->mask, 0, 8);
  if (s->filter)
    result = sys(__NR_seccomp, SECCOMP_SET_MODE_FILTER, s->filter_flags, s->filter);
  if (result < 0) return result;
  return s->path ? sys(__NR_execve, s->path, s->argv, s->envp)
                 : sys(__NR_execveat, s->exe_fd, "", s->argv, s->envp, AT_EMPTY_PATH);
}

/* The child shares the parent's memory, so that the error needs no way back. */
static int child(void *argument) {
  struct spawn *s = argument;
  s->error = become(s);
  return 127;
}

/* The child never comes out of the assembly. */
int64_t clone_and_call(struct clone_args *args, int (*fn)(void *), void *argument) {
#if defined(__x86_64__)
  long result;
  __asm__ volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "mov %[argument], %%rdi\n\t"
      "call *%[fn]\n\t"
      "mov %%eax, %%edi\n\t"
      "mov %[exit], %%eax\n\t"
      "syscall\n\t"
      "ud2\n"
      "1:"
      : "=a"(result)
      : "a"(__NR_clone3), "D"(args), "S"(sizeof *args), [fn] "r"(fn), [argument] "r"(argument),
        [exit] "i"(__NR_exit)
      : "rcx", "r11", "memory");
  return result;
#else
  register long x8 __asm__("x8") = __NR_clone3;
  register long x0 __asm__("x0") = (long)args;
  register long x1 __asm__("x1") = sizeof *args;
  __asm__ volatile(
      "svc 0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x0, %[argument]\n\t"
      "blr %[fn]\n\t"
      "mov x8, %[exit]\n\t"
      "svc 0\n\t"
      "brk 0\n"
      "1:"
      : "+r"(x0)
      : "r"(x8), "r"(x1), [fn] "r"(fn), [argument] "r"(argument), [exit] "i"(__NR_exit)
      : "x30", "memory");
  return x0;
#endif
}

int64_t spawn(struct spawn *s, struct clone_args args) {
  /* The parent sleeps until the exec, so the child's stack may lie in the parent's. */
  char stack[16384] __attribute__((aligned(16)));
  const uint64_t all = ALL_SIGNALS;
  uint64_t mask;
  if (s->fd_count < 0 || s->fd_count > SPAWN_FDS) return -EINVAL;
  s->error = 0;
  /* CLEAR_SIGHAND: no handler of the parent may ever run in the child, which shares its memory. */
  args.flags |= CLONE_VM | CLONE_VFORK | CLONE_CLEAR_SIGHAND;
  args.exit_signal = args.flags & CLONE_PARENT ? 0 : SIGCHLD;
  args.stack = (uint64_t)(uintptr_t)stack;
  args.stack_size = sizeof stack;
  sys(__NR_rt_sigprocmask, MASK_SET, &all, &mask, 8);
  int64_t pid = clone_and_call(&args, child, s);
  sys(__NR_rt_sigprocmask, MASK_SET, &mask, 0, 8);
  if (pid < 0 || s->error == 0) return pid;
  sys(__NR_wait4, pid, 0, __WALL, 0);
  if (args.flags & CLONE_PIDFD) sys(__NR_close, *(int *)(uintptr_t)args.pidfd);
  return s->error;
}
