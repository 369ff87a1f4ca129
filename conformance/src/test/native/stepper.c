/*
 * Runs a program, and disturbs it at one of its steps: a step is a call that changes something, made
 * by any of the program's processes.
 *
 *   stepper FILE 0 count program argument...        only counts
 *   stepper FILE N caller program argument...       kills who makes the n-th of these calls
 *   stepper FILE N first program argument...        kills the program's first process there
 *   stepper FILE N ERRNO program argument...        makes it fail, if it may take space on a disk
 *
 * A kill comes before the call is made. FILE takes the number of steps, and the disturbed one: its
 * call's number and the name of who made it. Ends as the program's first process ends.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static const long changing[] = {
    __NR_mkdirat,    __NR_unlinkat,   __NR_renameat2,     __NR_write,      __NR_pwrite64,
    __NR_fsync,      __NR_ftruncate,  __NR_linkat,        __NR_symlinkat,  __NR_mknodat,
    __NR_fchownat,   __NR_fchown,     __NR_fchmod,        __NR_fchmodat,   __NR_mount,
    __NR_umount2,    __NR_move_mount, __NR_open_tree,     __NR_fsopen,     __NR_fsconfig,
    __NR_fsmount,    __NR_mount_setattr, __NR_pivot_root, __NR_setns,      __NR_unshare,
    __NR_clone3,     __NR_execve,     __NR_execveat,      __NR_sethostname, __NR_setdomainname,
    __NR_sendmsg,    __NR_bind,       __NR_listen,        __NR_connect,    __NR_accept4,
    __NR_flock,      __NR_setxattr,   __NR_fsetxattr,     __NR_kill,       __NR_pidfd_send_signal,
    __NR_exit_group, __NR_close_range, __NR_capset,       __NR_setresuid,  __NR_setresgid,
    __NR_setgroups,  __NR_prlimit64,  __NR_bpf,           __NR_keyctl,     __NR_socketpair,
    __NR_memfd_create, __NR_setsid,   __NR_fchdir,        __NR_chdir,
};
static const long filling[] = {
    __NR_mkdirat,  __NR_renameat2, __NR_write,     __NR_pwrite64, __NR_fsync,
    __NR_linkat,   __NR_symlinkat, __NR_mknodat,   __NR_bind,     __NR_setxattr,
};

static int contains(const long *calls, size_t count, long call) {
  for (size_t i = 0; i < count; i++)
    if (calls[i] == call) return 1;
  return 0;
}

static int is_step(const struct __ptrace_syscall_info *call, int fails) {
  const long number = (long)call->entry.nr;
  if (number == __NR_openat) return (call->entry.args[2] & O_CREAT) != 0;
  if (!fails) return contains(changing, sizeof changing / sizeof *changing, number);
  if (number == __NR_write && call->entry.args[0] <= 2) return 0;
  return contains(filling, sizeof filling / sizeof *filling, number);
}

/* Makes no call of it, at its entry; says what it answers, at its exit. */
static void replace(pid_t pid, int entry, long value) {
#if defined(__x86_64__)
  ptrace(PTRACE_POKEUSER, pid, (void *)(entry ? 15l * 8 : 10l * 8), value); /* orig_rax, rax */
#else
  int number = (int)value;
  unsigned long registers[34];
  struct iovec all = {registers, sizeof registers}, call = {&number, sizeof number};
  if (entry) {
    ptrace(PTRACE_SETREGSET, pid, 0x404 /* NT_ARM_SYSTEM_CALL */, &call);
    return;
  }
  ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &all);
  registers[0] = (unsigned long)value;
  ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &all);
#endif
}

static void note(const char *file, long steps, long call, pid_t pid) {
  char path[64], name[32] = "nobody\n";
  FILE *out = fopen(file, "w"), *in;
  snprintf(path, sizeof path, "/proc/%d/comm", pid);
  if (pid && (in = fopen(path, "r"))) {
    if (!fgets(name, sizeof name, in)) strcpy(name, "gone\n");
    fclose(in);
  }
  fprintf(out, "%ld %ld %s", steps, call, name);
  fclose(out);
}

static pid_t start(char **argv) {
  const pid_t pid = fork();
  if (pid == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    execv(argv[0], argv);
    _exit(127);
  }
  waitpid(pid, 0, __WALL);
  ptrace(PTRACE_SETOPTIONS, pid, 0,
         PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
             PTRACE_O_TRACEEXEC);
  ptrace(PTRACE_SYSCALL, pid, 0, 0);
  return pid;
}

int main(int argc, char **argv) {
  static char seen[1 << 22];
  if (argc < 5) return 2;
  const long wanted = atol(argv[2]);
  const int fails = atoi(argv[3]);
  const pid_t first = start(argv + 4);
  long steps = 0, call = -1;
  pid_t failing = 0, disturbed = 0;
  seen[first] = 1;
  for (;;) {
    int status, deliver = 0;
    const pid_t pid = waitpid(-1, &status, __WALL);
    if (pid < 0) return 3;
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
      if (pid != first) continue;
      if (!disturbed) note(argv[1], steps, call, 0);
      return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
      struct __ptrace_syscall_info info;
      ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info);
      if (info.op == PTRACE_SYSCALL_INFO_ENTRY && is_step(&info, fails) && ++steps == wanted) {
        call = (long)info.entry.nr;
        disturbed = pid;
        note(argv[1], steps, call, pid);
        if (fails) {
          failing = pid;
          replace(pid, 1, -1);
        } else {
          kill(argv[3][0] == 'c' ? pid : first, SIGKILL);
        }
      } else if (info.op == PTRACE_SYSCALL_INFO_EXIT && pid == failing) {
        failing = 0;
        replace(pid, 0, -fails);
      }
    } else if (!(status >> 16)) {
      deliver = WSTOPSIG(status) == SIGSTOP && !seen[pid] ? 0 : WSTOPSIG(status);
      seen[pid] = 1;
    }
    ptrace(PTRACE_SYSCALL, pid, 0, deliver);
  }
}
