/*
 * Makes the system calls that it is told to, and says what came of each. Usage: calls WORD...
 *   NUMBER[:ARGUMENT...]  a call; prints its result, or minus the errno
 *   x86:NUMBER            the same by the door for 32-bit programs
 *   trap                  from now on a SIGSYS is reported, with the call and the errno it carries
 *   fork:NUMBER           the call in a child; prints how that ended
 *   thread:NUMBER         the call in a thread; prints whether that came back
 *   trace:NUMBER          the call in a traced child; prints what the tracer is told
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long call(const char *word) {
  long v[7] = {0};
  char *end = (char *)word;
  for (int i = 0; i < 7; i++) {
    v[i] = (long)strtoull(end, &end, 0);
    if (*end++ != ':') break;
  }
  const long result = syscall(v[0], v[1], v[2], v[3], v[4], v[5], v[6]);
  return result == -1 ? -errno : result;
}

static long call32(long number) {
#ifdef __x86_64__
  __asm__ volatile("int $0x80" : "+a"(number) : "b"(0), "c"(0), "d"(0) : "r8", "r9", "r10", "r11", "memory");
  return (int)number;
#else
  return -number;
#endif
}

static void trapped(int signal, siginfo_t *info, void *context) {
  (void)context;
  printf("signal %d call %d errno %d\n", signal, info->si_syscall, info->si_errno);
}

static volatile int back;
static void *in_thread(void *word) {
  call(word);
  back = 1;
  return 0;
}

static void report(int status) {
  if (WIFSIGNALED(status)) printf("signal %d\n", WTERMSIG(status));
  else printf("exit %d\n", WEXITSTATUS(status));
}

static void trace(const char *word) {
  int status;
  unsigned long data = 0;
  const pid_t child = fork();
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    _exit(call(word) == -EPERM);
  }
  waitpid(child, &status, 0);
  ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL);
  ptrace(PTRACE_CONT, child, 0, 0);
  waitpid(child, &status, 0);
  if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)) {
    ptrace(PTRACE_GETEVENTMSG, child, 0, &data);
    printf("told %lu\n", data);
  } else {
    report(status);
  }
  kill(child, SIGKILL);
  waitpid(child, &status, 0);
}

int main(int argc, char **argv) {
  setvbuf(stdout, 0, _IOLBF, 0);
  for (int i = 1; i < argc; i++) {
    const char *word = argv[i];
    int status;
    if (!strcmp(word, "trap")) {
      struct sigaction action = {.sa_sigaction = trapped, .sa_flags = SA_SIGINFO};
      sigaction(SIGSYS, &action, 0);
    } else if (!strncmp(word, "x86:", 4)) {
      printf("%ld\n", call32(atol(word + 4)));
    } else if (!strncmp(word, "fork:", 5)) {
      const pid_t child = fork();
      if (child == 0) _exit(call(word + 5) < 0);
      waitpid(child, &status, 0);
      report(status);
    } else if (!strncmp(word, "thread:", 7)) {
      pthread_t thread;
      pthread_create(&thread, 0, in_thread, (void *)(word + 7));
      pthread_join(thread, 0);
      printf("thread %s\n", back ? "came back" : "ended");
    } else if (!strncmp(word, "trace:", 6)) {
      trace(word + 6);
    } else {
      printf("%ld\n", call(word));
    }
  }
  return 0;
}
