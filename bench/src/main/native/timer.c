/*
 * Times whole commands from outside, in turn: A B C A B C ..., so that a drift of the machine's
 * speed meets all of them. Prints one line a run: the command's index, nanoseconds, exit code.
 *
 * Usage: timer RUNS COMMAND [ARG...] [ -- COMMAND [ARG...] ]...
 * The characters %% in an argument become the number of the run, so that ids differ.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void number(char **from, int count, char **to, int run, int command) {
  for (int i = 0; i < count; i++) {
    char *mark = strstr(from[i], "%%");
    if (!mark) {
      to[i] = from[i];
    } else if (asprintf(&to[i], "%.*s%d-%d-%d%s", (int)(mark - from[i]), from[i], (int)getpid(), command, run, mark + 2) < 0) {
      exit(2);
    }
  }
  to[count] = NULL;
}

static long long time_one(char **args, int *status) {
  long long began = now();
  pid_t child = vfork();
  if (child == 0) {
    int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(null, 1);
    execvp(args[0], args);
    _exit(127);
  }
  waitpid(child, status, 0);
  return now() - began;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  int runs = atoi(argv[1]);
  for (int run = 0; run < runs; run++) {
    int command = 0;
    for (int first = 2; first < argc; command++) {
      int last = first;
      while (last < argc && strcmp(argv[last], "--") != 0) last++;
      char *args[64];
      if (last - first >= 63) return 2;
      number(argv + first, last - first, args, run, command);
      int status;
      long long took = time_one(args, &status);
      printf("%d %lld %d\n", command, took, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
      fflush(stdout);
      first = last + 1;
    }
  }
  return 0;
}
