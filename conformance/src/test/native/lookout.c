/*
 * Looks out, from inside a container, for processes that come into it, and tells what it can get at:
 * a line for each finding, once in a row. Knows no process that it sees at its start.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static char last[4096];

/* Returns whether there is a process. */
static int name_of(const char *pid, char comm[64]) {
  char path[512];
  snprintf(path, sizeof path, "/proc/%s/comm", pid);
  int fd = open(path, O_RDONLY);
  ssize_t got = fd < 0 ? -1 : read(fd, comm, 63);
  if (fd >= 0) close(fd);
  if (got <= 1) return 0;
  comm[got - 1] = 0;
  return 1;
}

/* Under the name that it has after the finding: it may have become the program meanwhile. */
static void tell(const char *pid, const char *what, const char *found) {
  char line[4096], comm[64];
  if (!name_of(pid, comm)) return;
  snprintf(line, sizeof line, "%s %s %s", comm, what, found);
  if (strcmp(line, last)) {
    puts(line);
    fflush(stdout);
    strcpy(last, line);
  }
}

static void look(const char *pid) {
  char path[512], link[512];
  ssize_t got;
  int fd;
  tell(pid, "came", "");
  snprintf(path, sizeof path, "/proc/%s/exe", pid);
  got = readlink(path, link, sizeof link - 1);
  if (got > 0) {
    link[got] = 0;
    tell(pid, "exe", link);
  }
  fd = open(path, O_WRONLY);
  if (fd >= 0) {
    tell(pid, "exe-opened-for-writing", "");
    close(fd);
  }
  snprintf(path, sizeof path, "/proc/%s/fd", pid);
  DIR *dir = opendir(path);
  struct dirent *entry;
  while (dir && (entry = readdir(dir))) {
    got = readlinkat(dirfd(dir), entry->d_name, link, sizeof link - 1);
    if (got > 0) {
      link[got] = 0;
      tell(pid, "fd", link);
    }
  }
  if (dir) closedir(dir);
  if (ptrace(PTRACE_SEIZE, atoi(pid), 0, 0) == 0) {
    tell(pid, "traced", "");
    ptrace(PTRACE_INTERRUPT, atoi(pid), 0, 0);
    waitpid(atoi(pid), NULL, __WALL);
    ptrace(PTRACE_DETACH, atoi(pid), 0, 0);
  }
}

int main(void) {
  char known[1 << 16] = {0};
  int first = 1;
  for (;;) {
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    while ((entry = readdir(proc))) {
      int pid = atoi(entry->d_name);
      if (pid <= 0 || pid >= (int)sizeof known || pid == getpid()) continue;
      if (first) known[pid] = 1;
      if (!known[pid]) look(entry->d_name);
    }
    closedir(proc);
    if (first) tell("self", "ready", "");
    first = 0;
  }
}
