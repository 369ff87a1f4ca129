/*
 * A container's program that says what it was given, a line each. With a first argument "hold" it
 * then waits for a signal; with "exit" it ends with the code that follows.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void print_arguments(int argc, char **argv) {
  for (int i = 0; i < argc; i++) {
    printf("arg %d ", i);
    for (const unsigned char *c = (const unsigned char *)argv[i]; *c; c++) printf("%02x", *c);
    putchar('\n');
  }
}

static void print_limits(void) {
  for (int i = 0; i < 16; i++) {
    struct rlimit limit;
    if (getrlimit(i, &limit) == 0)
      printf("limit %d %lld %lld\n", i, (long long)limit.rlim_cur, (long long)limit.rlim_max);
  }
}

static void print_signals(void) {
  sigset_t mask;
  sigprocmask(SIG_BLOCK, 0, &mask);
  for (int i = 1; i <= 64; i++) {
    struct sigaction action;
    if (sigismember(&mask, i) == 1) printf("blocked %d\n", i);
    if (sigaction(i, 0, &action) == 0 && action.sa_handler == SIG_IGN) printf("ignored %d\n", i);
  }
}

static void print_affinity(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return;
  printf("cpus");
  for (int i = 0; i < CPU_SETSIZE; i++)
    if (CPU_ISSET(i, &set)) printf(" %d", i);
  putchar('\n');
}

/* Without /proc, which an image may lack: every number is tried. */
static void print_descriptors(void) {
  for (int fd = 0; fd < 4096; fd++) {
    struct stat stat;
    char name[64], target[4096];
    if (fstat(fd, &stat) != 0) continue;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(name, target, sizeof target - 1);
    target[n < 0 ? 0 : n] = 0;
    printf("fd %d %o %s\n", fd, stat.st_mode & S_IFMT, target);
  }
}

int main(int argc, char **argv, char **envp) {
  print_arguments(argc, argv);
  for (int i = 0; envp[i]; i++) printf("env %zu %.200s\n", strlen(envp[i]), envp[i]);
  print_limits();
  print_signals();
  print_affinity();
  print_descriptors();
  char cwd[4096];
  printf("cwd %s\n", getcwd(cwd, sizeof cwd) ? cwd : "-");
  printf("nice %d\n", getpriority(PRIO_PROCESS, 0));
  printf("tty %s\n", isatty(0) ? "yes" : "no");
  fflush(stdout);
  if (argc > 1 && strcmp(argv[1], "hold") == 0) pause();
  if (argc > 2 && strcmp(argv[1], "exit") == 0) return atoi(argv[2]);
  return 0;
}
