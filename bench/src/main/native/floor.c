/*
 * The floor: one container from nothing to nothing, made by a bare C program with the kernel calls
 * that the bundle of `carafe spec` needs: namespaces, cgroups, mounts, devices, masked and read-only
 * paths, capabilities, limits. No JSON, no state, no locks, no checks. Nothing can be much faster.
 *
 * Usage: floor BUNDLE ID PROGRAM [ARG...]
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sys/types.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(call)                                                        \
  do {                                                                     \
    if ((call) < 0) {                                                      \
      fprintf(stderr, "floor:%d: %s: %s\n", __LINE__, #call, strerror(errno)); \
      _exit(125);                                                          \
    }                                                                      \
  } while (0)

static char cgroups[16][512];
static int cgroup_count;
static int doors[16]; /* the file through which a process moves itself in; -1: it is born there */
static int birthplace = -1;

static void write_file(const char *directory, const char *name, const char *value) {
  char path[768];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  CHECK(fd);
  CHECK(write(fd, value, strlen(value)));
  close(fd);
}

/* One cgroup below our own in each hierarchy; on a v1 machine with the device rules of the bundle. */
static void make_cgroups(const char *id) {
  FILE *own = fopen("/proc/self/cgroup", "re");
  char line[512];
  while (own && fgets(line, sizeof line, own) && cgroup_count < 16) {
    line[strcspn(line, "\n")] = 0;
    char *controllers = strchr(line, ':');
    char *path = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!path) continue;
    *path++ = 0;
    controllers++;
    if (strncmp(controllers, "name=", 5) == 0) controllers += 5;
    char *at = cgroups[cgroup_count];
    int unified = !*controllers;
    snprintf(at, 512, "/sys/fs/cgroup/%s%s/%s",
             unified ? (access("/sys/fs/cgroup/unified", F_OK) ? "" : "unified") : controllers,
             strcmp(path, "/") ? path : "", id);
    if (mkdir(at, 0755) < 0) continue;
    char procs[600];
    snprintf(procs, sizeof procs, "%s/cgroup.procs", at);
    if (access(procs, F_OK) < 0) { /* no cgroup is mounted there */
      CHECK(rmdir(at));
      continue;
    }
    snprintf(procs, sizeof procs, "%s/tasks", at);
    doors[cgroup_count] = unified ? -1 : open(procs, O_WRONLY | O_CLOEXEC);
    if (unified) CHECK(birthplace = open(at, O_PATH | O_CLOEXEC));
    cgroup_count++;
    if (strcmp(controllers, "cpuset") == 0) {
      write_file(at, "cpuset.cpus", "0");
      write_file(at, "cpuset.mems", "0");
    } else if (strcmp(controllers, "devices") == 0) {
      write_file(at, "devices.deny", "a");
      static const char *allowed[] = {"c *:* m",     "b *:* m",     "c 1:3 rwm",   "c 1:8 rwm",
                                      "c 1:7 rwm",   "c 5:0 rwm",   "c 1:5 rwm",   "c 1:9 rwm",
                                      "c 136:* rwm", "c 5:2 rwm",   "c 10:200 rwm"};
      for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++) write_file(at, "devices.allow", allowed[i]);
    }
  }
  if (own) fclose(own);
}

static void mount_all(void) {
  CHECK(mount("proc", "proc", "proc", 0, NULL));
  CHECK(mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k"));
  CHECK(mkdir("dev/pts", 0755));
  CHECK(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5"));
  CHECK(mkdir("dev/shm", 0755));
  CHECK(mount("shm", "dev/shm", "tmpfs", MS_NOSUID | MS_NOEXEC | MS_NODEV, "mode=1777,size=65536k"));
  CHECK(mkdir("dev/mqueue", 0755));
  CHECK(mount("mqueue", "dev/mqueue", "mqueue", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL));
  CHECK(mount("sysfs", "sys", "sysfs", MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY, NULL));
  CHECK(mount("tmpfs", "sys/fs/cgroup", "tmpfs", MS_NOSUID | MS_NOEXEC | MS_NODEV, "mode=755"));
  for (int i = 0; i < cgroup_count; i++) {
    char target[512] = "sys/fs/cgroup/";
    const char *name = cgroups[i] + strlen("/sys/fs/cgroup/");
    strncat(target, name, strcspn(name, "/"));
    CHECK(mkdir(target, 0755));
    CHECK(mount(cgroups[i], target, NULL, MS_BIND, NULL));
    CHECK(mount(NULL, target, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL));
  }
  CHECK(mount(NULL, "sys/fs/cgroup", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL));
  static const struct { const char *path; int major, minor; } devices[] = {
      {"dev/null", 1, 3}, {"dev/random", 1, 8}, {"dev/full", 1, 7}, {"dev/tty", 5, 0}, {"dev/zero", 1, 5}, {"dev/urandom", 1, 9}};
  for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
    CHECK(mknod(devices[i].path, S_IFCHR | 0666, makedev(devices[i].major, devices[i].minor)));
    CHECK(chmod(devices[i].path, 0666));
  }
  CHECK(symlink("pts/ptmx", "dev/ptmx"));
  CHECK(symlink("/proc/self/fd", "dev/fd"));
  CHECK(symlink("/proc/self/fd/0", "dev/stdin"));
  CHECK(symlink("/proc/self/fd/1", "dev/stdout"));
  CHECK(symlink("/proc/self/fd/2", "dev/stderr"));
}

static void mask(void) {
  static const char *readonly[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
  for (size_t i = 0; i < sizeof readonly / sizeof *readonly; i++) {
    if (mount(readonly[i], readonly[i], NULL, MS_BIND | MS_REC, NULL) < 0) continue;
    CHECK(mount(NULL, readonly[i], NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
  }
  static const char *masked[] = {"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
                                 "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi"};
  for (size_t i = 0; i < sizeof masked / sizeof *masked; i++) {
    if (mount("/dev/null", masked[i], NULL, MS_BIND, NULL) == 0) continue;
    if (errno == ENOTDIR) CHECK(mount("tmpfs", masked[i], "tmpfs", MS_RDONLY, NULL));
  }
}

static void drop_privileges(void) {
  static const int kept[] = {CAP_AUDIT_WRITE, CAP_KILL, CAP_NET_BIND_SERVICE};
  unsigned set = 0;
  for (int i = 0; i < 3; i++) set |= 1u << kept[i];
  for (int c = 0; c <= 40; c++)
    if (c > 31 || !(set & 1u << c)) prctl(PR_CAPBSET_DROP, c);
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {{set, set, 0}, {0, 0, 0}};
  CHECK(syscall(SYS_capset, &header, data));
  CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  char rootfs[512];
  snprintf(rootfs, sizeof rootfs, "%s/rootfs", argv[1]);
  make_cgroups(argv[2]);
  struct clone_args args = {.flags = CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS,
                            .exit_signal = SIGCHLD};
  if (birthplace >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = (unsigned)birthplace;
  }
  long child = syscall(SYS_clone3, &args, sizeof args);
  CHECK(child);
  if (child == 0) {
    for (int i = 0; i < cgroup_count; i++)
      if (doors[i] >= 0) CHECK(write(doors[i], "0", 1));
    CHECK(sethostname("floor", 5));
    CHECK(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL));
    CHECK(mount(rootfs, rootfs, NULL, MS_BIND | MS_REC, NULL));
    CHECK(chdir(rootfs));
    mount_all();
    CHECK(syscall(SYS_pivot_root, ".", "."));
    CHECK(umount2(".", MNT_DETACH));
    CHECK(mount(NULL, "/", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
    mask();
    CHECK(chdir("/"));
    struct rlimit files = {1024, 1024};
    CHECK(setrlimit(RLIMIT_NOFILE, &files));
    drop_privileges();
    char *environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm", NULL};
    CHECK(execve(argv[3], argv + 3, environment));
  }
  int status;
  CHECK(waitpid((pid_t)child, &status, 0));
  for (int i = 0; i < cgroup_count; i++) CHECK(rmdir(cgroups[i]));
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
