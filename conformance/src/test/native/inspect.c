/*
 * What a container looks like from inside. The arguments are commands, divided by a lone comma:
 *
 *   inspect ids , stat /dev/null , open /etc/x w , hold
 *
 * Each prints lines of words. An answer of the kernel that is an error is a line that ends with its
 * name, such as "open /etc/x w EROFS", never the end of the program. There is no judgement here: what
 * should be seen is known outside.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char **words;
static int count;

static const char *word(int i) { return i < count ? words[i] : ""; }

static long number(int i) { return strtol(word(i), 0, 0); }

/* Repeats the command, then says "ok" or the error. */
static void answer(long result) {
  int saved = errno;
  for (int i = 0; i < count; i++) printf("%s ", words[i]);
  printf("%s\n", result >= 0 ? "ok" : strerrorname_np(saved));
}

static void ids(void) {
  uid_t uid[3];
  gid_t gid[3], groups[1024];
  getresuid(&uid[0], &uid[1], &uid[2]);
  getresgid(&gid[0], &gid[1], &gid[2]);
  printf("uid %u %u %u\ngid %u %u %u\ngroups", uid[0], uid[1], uid[2], gid[0], gid[1], gid[2]);
  int n = getgroups(1024, groups);
  for (int i = 0; i < n; i++) printf(" %u", groups[i]);
  mode_t mask = umask(0);
  umask(mask);
  printf("\numask %o\npid %d\nsid %d\n", mask, getpid(), getsid(0));
}

static void caps(void) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {0};
  syscall(SYS_capget, &header, data);
  uint64_t bounding = 0, ambient = 0;
  for (int i = 0; i < 64; i++) {
    if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1) bounding |= 1ULL << i;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1) ambient |= 1ULL << i;
  }
  printf("cap effective %llx\n", (unsigned long long)data[1].effective << 32 | data[0].effective);
  printf("cap permitted %llx\n", (unsigned long long)data[1].permitted << 32 | data[0].permitted);
  printf("cap inheritable %llx\n",
         (unsigned long long)data[1].inheritable << 32 | data[0].inheritable);
  printf("cap bounding %llx\ncap ambient %llx\n", (unsigned long long)bounding,
         (unsigned long long)ambient);
  printf("nnp %d\nseccomp %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
         prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
}

static void limits(void) {
  for (int i = 0; i < 16; i++) {
    struct rlimit limit;
    if (getrlimit(i, &limit) == 0)
      printf("limit %d %llu %llu\n", i, (unsigned long long)limit.rlim_cur,
             (unsigned long long)limit.rlim_max);
  }
}

/* As linux/sched/types.h has it, which the C library's own headers may contradict. */
struct attributes {
  uint32_t size, policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime, deadline, period;
  uint32_t lowest, highest;
};

static void scheduling(void) {
  struct attributes a = {0};
  if (syscall(SYS_sched_getattr, 0, &a, sizeof a, 0) == 0)
    printf("sched %u nice %d priority %u flags %llu runtime %llu deadline %llu period %llu\n",
           a.policy, a.nice, a.priority, (unsigned long long)a.flags, (unsigned long long)a.runtime,
           (unsigned long long)a.deadline, (unsigned long long)a.period);
  long io = syscall(SYS_ioprio_get, 1, 0);
  printf("ioprio %ld %ld\n", io >> 13, io & 0x1fff);
  cpu_set_t set;
  sched_getaffinity(0, sizeof set, &set);
  printf("cpus");
  for (int i = 0; i < CPU_SETSIZE; i++)
    if (CPU_ISSET(i, &set)) printf(" %d", i);
  int mode = -1;
  unsigned long nodes[64] = {0};
  long got = syscall(SYS_get_mempolicy, &mode, nodes, sizeof nodes * 8, 0, 0);
  printf("\nmempolicy %s %d %lx\n", got < 0 ? strerrorname_np(errno) : "ok", mode, nodes[0]);
}

static void machine(void) {
  struct utsname name;
  uname(&name);
  printf("hostname %s\ndomainname %s\nmachine %s\n", name.nodename, name.domainname, name.machine);
  printf("personality %x\n", personality(0xffffffff));
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  printf("monotonic %lld\n", (long long)now.tv_sec);
  clock_gettime(CLOCK_BOOTTIME, &now);
  printf("boottime %lld\n", (long long)now.tv_sec);
}

static void namespaces(void) {
  static const char *const names[] = {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"};
  for (int i = 0; i < 8; i++) {
    char path[64], target[64];
    snprintf(path, sizeof path, "/proc/self/ns/%s", names[i]);
    ssize_t n = readlink(path, target, sizeof target - 1);
    target[n < 0 ? 0 : n] = 0;
    printf("ns %s %s\n", names[i], n < 0 ? strerrorname_np(errno) : target);
  }
}

static void show(const char *path) {
  FILE *file = fopen(path, "r");
  char line[8192];
  if (!file) return answer(-1);
  errno = 0;
  while (fgets(line, sizeof line, file)) {
    line[strcspn(line, "\n")] = 0;
    printf("cat %s: %s\n", path, line);
  }
  answer(errno ? -1 : 0);
  fclose(file);
}

static void describe(const char *path, int follow) {
  struct stat s;
  if ((follow ? stat(path, &s) : lstat(path, &s)) != 0) return answer(-1);
  const char *type = S_ISREG(s.st_mode)    ? "file"
                     : S_ISDIR(s.st_mode)  ? "directory"
                     : S_ISCHR(s.st_mode)  ? "c"
                     : S_ISBLK(s.st_mode)  ? "b"
                     : S_ISFIFO(s.st_mode) ? "p"
                     : S_ISLNK(s.st_mode)  ? "link"
                                           : "other";
  printf("%s %s %s mode %o owner %u:%u device %u:%u on %u:%u inode %llu size %lld\n",
         follow ? "stat" : "lstat", path, type, s.st_mode & 07777, s.st_uid, s.st_gid,
         major(s.st_rdev), minor(s.st_rdev), major(s.st_dev), minor(s.st_dev),
         (unsigned long long)s.st_ino, (long long)s.st_size);
}

static void file_system(const char *path) {
  struct statvfs v;
  if (statvfs(path, &v) != 0) return answer(-1);
  printf("statvfs %s%s%s%s%s size %llu\n", path, v.f_flag & ST_RDONLY ? " ro" : " rw",
         v.f_flag & ST_NOSUID ? " nosuid" : "", v.f_flag & ST_NODEV ? " nodev" : "",
         v.f_flag & ST_NOEXEC ? " noexec" : "", (unsigned long long)v.f_frsize * v.f_blocks);
}

static void list(const char *path) {
  DIR *directory = opendir(path);
  if (!directory) return answer(-1);
  for (struct dirent *e; (e = readdir(directory));)
    if (e->d_name[0] != '.') printf("ls %s: %s\n", path, e->d_name);
  closedir(directory);
  answer(0);
}

static void open_it(const char *path, const char *how) {
  int flags = strcmp(how, "r") == 0 ? O_RDONLY : strcmp(how, "w") == 0 ? O_WRONLY : O_RDWR;
  int fd = open(path, flags | O_NONBLOCK | O_NOCTTY);
  answer(fd);
  if (fd >= 0) close(fd);
}

static void read_it(const char *path) {
  char data[16];
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  ssize_t n = fd < 0 ? -1 : read(fd, data, sizeof data);
  if (n >= 0)
    printf("read %s %zd bytes\n", path, n);
  else
    answer(-1);
  if (fd >= 0) close(fd);
}

static void write_it(const char *path, const char *text, int flags) {
  int fd = open(path, O_WRONLY | flags, 0666);
  answer(fd < 0 ? -1 : write(fd, text, strlen(text)));
  if (fd >= 0) close(fd);
}

static void descriptors(void) {
  for (int fd = 0; fd < 1024; fd++) {
    struct stat s;
    char name[64], target[4096];
    if (fstat(fd, &s) != 0) continue;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(name, target, sizeof target - 1);
    target[n < 0 ? 0 : n] = 0;
    struct winsize size = {0};
    ioctl(fd, TIOCGWINSZ, &size);
    printf("fd %d %o tty %d rows %d columns %d %s\n", fd, s.st_mode & S_IFMT, isatty(fd),
           size.ws_row, size.ws_col, target);
  }
}

/* In a child: a filter may kill it. */
static void call(const char *name) {
  static const struct {
    const char *name;
    long number;
  } known[] = {{"getcwd", SYS_getcwd},           {"getppid", SYS_getppid},
               {"getpgid", SYS_getpgid},         {"fchmod", SYS_fchmod},
               {"sethostname", SYS_sethostname}, {"unshare", SYS_unshare},
               {"kcmp", SYS_kcmp},               {"sync", SYS_sync},
               {"getpriority", SYS_getpriority}, {"dup", SYS_dup},
               {"personality", SYS_personality}, {"add_key", SYS_add_key},
               {"getsid", SYS_getsid},           {"fchdir", SYS_fchdir}};
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
      if (strcmp(known[i].name, name) == 0) {
        errno = 0;
        answer(syscall(known[i].number, number(2), number(3), number(4), number(5), number(6)));
      }
    fflush(stdout);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) printf("call %s killed %d\n", name, WTERMSIG(status));
}

static void execute(void) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    execv(words[1], words + 1);
    answer(-1);
    fflush(stdout);
    _exit(126);
  }
  int status = 0;
  waitpid(child, &status, 0);
  printf("exec %s %d\n", word(1), WIFEXITED(status) ? WEXITSTATUS(status) : 128);
}

/* Children that wait, until one cannot be made. */
static void forks(int most) {
  int made = 0;
  fflush(stdout);
  for (; made < most; made++) {
    pid_t child = fork();
    if (child < 0) break;
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      for (;;) pause();
    }
  }
  printf("forks %d %s\n", made, made < most ? strerrorname_np(errno) : "ok");
}

static void terminal(void) {
  int fd = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
  char name[128] = "";
  if (fd < 0 || ptsname_r(fd, name, sizeof name) != 0) return answer(-1);
  printf("ptmx %s\n", name);
}

static void await(int signal, const char *path) {
  sigset_t set;
  int got = 0;
  sigemptyset(&set);
  sigaddset(&set, signal);
  sigprocmask(SIG_BLOCK, &set, 0);
  write_it(path, "ready\n", O_CREAT | O_TRUNC);
  fflush(stdout);
  sigwait(&set, &got);
  write_it(path, "got it\n", O_CREAT | O_TRUNC);
}

/* What a hook is told, and what it can see of the process that is named there. */
static void standard_input(void) {
  static char text[65536];
  size_t n = fread(text, 1, sizeof text - 1, stdin);
  text[n] = 0;
  for (char *c = text; *c; c++)
    if (*c == '\n') *c = ' ';
  printf("stdin %s\n", text);
  char *found = strstr(text, "\"pid\"");
  int pid = found ? atoi(found + strcspn(found, "0123456789")) : 0;
  static const char *const links[] = {"ns/mnt", "ns/net", "ns/uts", "ns/ipc", "ns/pid", "exe"};
  for (int i = 0; i < 6; i++) {
    char path[64], target[4096];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, links[i]);
    ssize_t length = readlink(path, target, sizeof target - 1);
    target[length < 0 ? 0 : length] = 0;
    printf("peer %s %s\n", links[i], length < 0 ? strerrorname_np(errno) : target);
  }
  char path[64];
  struct stat s;
  snprintf(path, sizeof path, "/proc/%d/root/", pid);
  if (stat(path, &s) == 0)
    printf("peer root %u:%u %llu\n", major(s.st_dev), minor(s.st_dev),
           (unsigned long long)s.st_ino);
  snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
  FILE *file = fopen(path, "r");
  if (file) {
    n = fread(text, 1, sizeof text - 1, file);
    for (size_t i = 0; i < n; i++)
      if (text[i] == 0) text[i] = ' ';
    printf("peer cmdline %.*s\n", (int)n, text);
    fclose(file);
  }
}

/*
 * Listens on a Unix socket until one connection is over, and says what came: for a terminal, what was
 * written to it; a seccomp listener's calls are answered with ENOMSG.
 */
static void receive(const char *path, const char *columns) {
  struct sockaddr_un address = {AF_UNIX, ""};
  snprintf(address.sun_path, sizeof address.sun_path, "%s.new", path);
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), got = -1;
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
      listen(listener, 8) != 0 || rename(address.sun_path, path) != 0)
    return answer(-1);
  int connection = accept(listener, 0, 0);
  for (int message = 0;; message++) {
    static char text[65536];
    char control[1024];
    struct iovec vector = {text, sizeof text - 1};
    struct msghdr header = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t n = recvmsg(connection, &header, MSG_CMSG_CLOEXEC);
    if (n <= 0) break;
    text[n] = 0;
    for (char *c = text; *c; c++)
      if (*c == '\n') *c = ' ';
    int descriptors = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c))
      if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
        descriptors += (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        if (got < 0) memcpy(&got, CMSG_DATA(c), sizeof got);
      }
    printf("message %d descriptors %d text %s\n", message, descriptors, text);
    if (isatty(got)) break; /* Some senders leave the connection open as long as they live. */
  }
  printf("closed\n");
  fflush(stdout);
  close(connection);
  /* Nobody may come again. */
  struct pollfd more = {listener, POLLIN, 0};
  if (isatty(got)) {
    char data[4096];
    ssize_t n;
    if (*columns) {
      struct winsize size = {0};
      ioctl(got, TIOCGWINSZ, &size);
      printf("window rows %d columns %d\n", size.ws_row, size.ws_col);
    }
    while ((n = read(got, data, sizeof data)) > 0)
      for (ssize_t i = 0; i < n; i++)
        if (data[i] != '\r') putchar(data[i]);
  } else if (got >= 0) {
    static char buffers[2][4096];
    struct seccomp_notif *request = (void *)buffers[0];
    struct seccomp_notif_resp *response = (void *)buffers[1];
    for (;;) {
      struct pollfd ready = {got, POLLIN, 0};
      if (poll(&ready, 1, 20000) <= 0 || !(ready.revents & POLLIN)) break;
      memset(buffers, 0, sizeof buffers);
      if (ioctl(got, SECCOMP_IOCTL_NOTIF_RECV, request) != 0) break;
      response->id = request->id;
      response->error = -ENOMSG;
      ioctl(got, SECCOMP_IOCTL_NOTIF_SEND, response);
    }
  }
  printf("connections %d\n", poll(&more, 1, 0) > 0 ? 2 : 1);
}

static void perform(char **argv, char **envp) {
  const char *what = word(0);
  if (strcmp(what, "ids") == 0) ids();
  else if (strcmp(what, "caps") == 0) caps();
  else if (strcmp(what, "limits") == 0) limits();
  else if (strcmp(what, "scheduling") == 0) scheduling();
  else if (strcmp(what, "machine") == 0) machine();
  else if (strcmp(what, "namespaces") == 0) namespaces();
  else if (strcmp(what, "fds") == 0) descriptors();
  else if (strcmp(what, "mounts") == 0) show("/proc/self/mountinfo");
  else if (strcmp(what, "cwd") == 0) {
    char cwd[4096];
    printf("cwd %s\n", getcwd(cwd, sizeof cwd) ? cwd : strerrorname_np(errno));
  } else if (strcmp(what, "env") == 0)
    for (int i = 0; envp[i]; i++) printf("env %s\n", envp[i]);
  else if (strcmp(what, "args") == 0)
    for (int i = 0; argv[i]; i++) printf("arg %d %s\n", i, argv[i]);
  else if (strcmp(what, "cat") == 0) show(word(1));
  else if (strcmp(what, "stat") == 0) describe(word(1), 1);
  else if (strcmp(what, "lstat") == 0) describe(word(1), 0);
  else if (strcmp(what, "statvfs") == 0) file_system(word(1));
  else if (strcmp(what, "ls") == 0) list(word(1));
  else if (strcmp(what, "open") == 0) open_it(word(1), word(2));
  else if (strcmp(what, "read") == 0) read_it(word(1));
  else if (strcmp(what, "write") == 0) write_it(word(1), word(2), 0);
  else if (strcmp(what, "create") == 0) write_it(word(1), word(2), O_CREAT);
  else if (strcmp(what, "mkdir") == 0) answer(mkdir(word(1), 0777));
  else if (strcmp(what, "chown") == 0) answer(chown(word(1), number(2), number(3)));
  else if (strcmp(what, "link") == 0) {
    char target[4096];
    ssize_t n = readlink(word(1), target, sizeof target - 1);
    if (n < 0) answer(-1);
    else printf("link %s %.*s\n", word(1), (int)n, target);
  } else if (strcmp(what, "mknod") == 0)
    answer(mknod(word(1), (*word(2) == 'b' ? S_IFBLK : S_IFCHR) | 0666,
                 makedev(number(3), number(4))));
  else if (strcmp(what, "mount") == 0)
    answer(mount(word(1), word(2), word(3), number(4), 0));
  else if (strcmp(what, "call") == 0) call(word(1));
  else if (strcmp(what, "exec") == 0) execute();
  else if (strcmp(what, "forks") == 0) forks(number(1));
  else if (strcmp(what, "ptmx") == 0) terminal();
  else if (strcmp(what, "await") == 0) await(number(1), word(2));
  else if (strcmp(what, "exit") == 0) exit(number(1));
  else if (strcmp(what, "say") == 0) printf("%s\n", word(1));
  else if (strcmp(what, "receive") == 0) receive(word(1), word(2));
  else if (strcmp(what, "stdin") == 0) standard_input();
  else if (strcmp(what, "sleep") == 0) sleep(number(1));
  else if (strcmp(what, "to") == 0) {
    if (!freopen(word(1), "a", stdout)) exit(99);
  }
  else if (strcmp(what, "hold") == 0) {
    fflush(stdout);
    for (;;) pause();
  } else printf("unknown %s\n", what);
}

int main(int argc, char **argv, char **envp) {
  for (int i = 1; i < argc; i++) {
    words = argv + i;
    for (count = 0; i < argc && strcmp(argv[i], ",") != 0; i++) count++;
    char *comma = argv[i];
    argv[i] = 0;
    if (count > 0) perform(argv, envp);
    argv[i] = comma;
  }
  return fflush(stdout) == 0 ? 0 : 1;
}
