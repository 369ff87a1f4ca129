/*
 * Callers that a shell cannot be.
 *
 *   caller block N... -- PROGRAM...   starts a program with signals blocked
 *   caller ignore N... -- PROGRAM...  starts a program with signals ignored
 *   caller reaper PIDFILE GO CREATE...  what conmon does: a subreaper runs CREATE (words up to
 *       "--"), then START (the rest); says whether the process in PIDFILE is its child and how it
 *       ended, as "child yes" and "exited N" or "signalled N"
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int split(char **words) {
  int i = 0;
  while (words[i] && strcmp(words[i], "--") != 0) i++;
  if (!words[i]) exit(90);
  words[i] = 0;
  return i + 1;
}

static void with_signals(int how, char **words) {
  const int rest = split(words);
  sigset_t set;
  sigemptyset(&set);
  for (int i = 0; words[i]; i++) {
    if (how) sigaddset(&set, atoi(words[i]));
    else signal(atoi(words[i]), SIG_IGN);
  }
  if (how) sigprocmask(SIG_BLOCK, &set, 0);
  execv(words[rest], words + rest);
  exit(91);
}

static int run(char **words) {
  int status = 0;
  const pid_t pid = fork();
  if (pid == 0) {
    execv(words[0], words);
    _exit(92);
  }
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int read_number(const char *path) {
  int number = 0;
  FILE *file = fopen(path, "r");
  if (!file || fscanf(file, "%d", &number) != 1) exit(93);
  fclose(file);
  return number;
}

static int parent_of(int pid) {
  char path[64], text[4096];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  FILE *file = fopen(path, "r");
  if (!file) return -1;
  const size_t n = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[n] = 0;
  int parent = -1;
  char state;
  sscanf(strrchr(text, ')') + 2, "%c %d", &state, &parent);
  return parent;
}

static int reaper(char **words) {
  const char *pid_file = words[0];
  char **create = words + 1;
  char **start = create + split(create);
  int status;
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  int code = run(create);
  printf("create %d\n", code);
  if (code) return 1;
  const int pid = read_number(pid_file);
  printf("child %s\n", parent_of(pid) == getpid() ? "yes" : "no");
  fflush(stdout);
  printf("start %d\n", run(start));
  if (waitpid(pid, &status, 0) != pid) return 2;
  if (WIFEXITED(status)) printf("exited %d\n", WEXITSTATUS(status));
  else printf("signalled %d\n", WTERMSIG(status));
  /* Nothing else was left to us. */
  printf("others %s\n", waitpid(-1, &status, WNOHANG) < 0 ? "none" : "some");
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 4) return 94;
  if (strcmp(argv[1], "reaper") == 0) return reaper(argv + 2);
  with_signals(strcmp(argv[1], "block") == 0, argv + 2);
}
