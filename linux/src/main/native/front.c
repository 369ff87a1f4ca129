/*
 * The front: the agent as the command that the user started. It seals itself, starts Java, says
 * hello, and then serves as any agent does.
 */
#include "front.h"

#include <linux/fcntl.h>
#include <linux/memfd.h>
#include <linux/mount.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/signal.h>
#include <linux/stat.h>
#include <linux/wait.h>

#include "spawn.h"

#define SEALED "carafe-sealed:" /* argv[0] of the second start; the start file's descriptor follows */
#define PATH_LIMIT 4096
#define HELLO_LIMIT 0x1000000
#ifndef MFD_EXEC
#define MFD_EXEC 0x10
#endif

static struct front front;

/* ---- words for the user */

struct text {
  char bytes[2 * PATH_LIMIT];
  size_t length;
};

static void put(struct text *t, const char *words) {
  size_t n = length_of(words, sizeof t->bytes - 1 - t->length);
  memcpy(t->bytes + t->length, words, n);
  t->length += n;
  t->bytes[t->length] = 0;
}

static void put_number(struct text *t, uint64_t number) {
  char digits[21], *at = digits + 20;
  *at = 0;
  do *--at = (char)('0' + number % 10);
  while (number /= 10);
  put(t, at);
}

static void put_error(struct text *t, int64_t error) {
  static const struct {
    int64_t number;
    const char *name;
  } names[] = {{EPERM, "EPERM "},   {ENOENT, "ENOENT "}, {EIO, "EIO "},       {E2BIG, "E2BIG "},
               {ENOEXEC, "ENOEXEC "}, {EAGAIN, "EAGAIN "}, {ENOMEM, "ENOMEM "}, {EACCES, "EACCES "},
               {ENOTDIR, "ENOTDIR "}, {EMFILE, "EMFILE "}, {ENFILE, "ENFILE "}, {ENOSYS, "ENOSYS "}};
  put(t, ": ");
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (names[i].number == error) put(t, names[i].name);
  put(t, "(errno ");
  put_number(t, (uint64_t)error);
  put(t, ")");
}

/* In one write, so that nobody else's words come between. */
static _Noreturn void give_up(struct text *t) {
  put(t, "\n");
  sys(__NR_write, 2, t->bytes, t->length);
  leave(1);
}

static _Noreturn void fail(const char *operation, const char *object, int64_t error,
                           const char *advice) {
  struct text t = {.length = 0};
  put(&t, "carafe: cannot ");
  put(&t, operation);
  put(&t, object);
  if (error < 0) put_error(&t, -error);
  put(&t, "; ");
  put(&t, advice);
  give_up(&t);
}

/* ---- first start: become a file that nobody can write */

/* A container reaches its runtime's file by /proc/self/exe (CVE-2019-5736); a sealed copy is no prey. */
static int64_t sealed_copy(int exe) {
  uint64_t limit[2];
  struct statx stat;
  const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  int64_t result = sys(__NR_statx, exe, "", AT_EMPTY_PATH, STATX_SIZE, &stat);
  if (result < 0) return result;
  /* Writing beyond this limit of the caller's would kill us. */
  result = sys(__NR_prlimit64, 0, RLIMIT_FSIZE, 0, limit);
  if (result < 0 || limit[0] < stat.stx_size) return -EFBIG;
  int64_t copy = sys(__NR_memfd_create, "carafe", flags | MFD_EXEC);
  if (copy == -EINVAL) copy = sys(__NR_memfd_create, "carafe", flags); /* before Linux 6.3 */
  if (copy < 0) return copy;
  for (uint64_t left = stat.stx_size; left; left -= (uint64_t)result) {
    result = sys(__NR_sendfile, copy, exe, 0, left);
    if (result <= 0) return -EIO;
  }
  result = sys(__NR_fcntl, copy, F_ADD_SEALS,
               F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
  return result < 0 ? result : copy;
}

/* Where vm.memfd_noexec forbids such a copy: our own file, read-only, by a mount that is nowhere. */
static int64_t read_only_mount(void) {
  struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
  int64_t mount = sys(__NR_open_tree, AT_HERE, "/proc/self/exe", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  if (mount < 0) return mount;
  int64_t result =
      sys(__NR_mount_setattr, mount, "", AT_EMPTY_PATH, &attributes, sizeof attributes);
  return result < 0 ? result : mount;
}

/* Opens the start file, which lies beside our own file. It goes on through the exec. */
static int64_t open_start_file(void) {
  char path[PATH_LIMIT + 16];
  int64_t n = sys(__NR_readlinkat, AT_HERE, "/proc/self/exe", path, PATH_LIMIT);
  if (n < 0) fail("find its own file", "", n, "mount /proc");
  while (n > 0 && path[n - 1] != '/') n--;
  memcpy(path + n, "carafe.conf", 12);
  int64_t fd = sys(__NR_openat, AT_HERE, path, O_RDONLY, 0);
  if (fd < 0) fail("open ", path, fd, "start ./carafe of the source tree, which makes it");
  return fd;
}

/* The caller's argv moves up by one: the kernel has put argc, which takes one word, before it. */
static _Noreturn void seal(long *stack, char **envp) {
  static struct text mark;
  put(&mark, SEALED);
  put_number(&mark, (uint64_t)open_start_file());
  stack[0] = (long)mark.bytes;
  int64_t exe = sys(__NR_openat, AT_HERE, "/proc/self/exe", O_RDONLY | O_CLOEXEC, 0);
  if (exe < 0) fail("open its own file", "", exe, "make it readable");
  int64_t result = sealed_copy((int)exe);
  if (result >= 0) result = sys(__NR_execveat, result, "", stack, envp, AT_EMPTY_PATH);
  int64_t mount = read_only_mount();
  if (mount >= 0) sys(__NR_execveat, mount, "", stack, envp, AT_EMPTY_PATH);
  fail("make a sealed copy of its own file", "", result,
       "set the sysctl vm.memfd_noexec to 0 or 1, raise the limit of file sizes, or be root");
}

/* ---- the start file */

static bool after(char **line, const char *word) {
  size_t n = length_of(word, 16);
  if (memcmp(*line, word, n) != 0) return false;
  *line += n;
  return true;
}

/* A foreign or damaged cache could make Java run anything, or crash it. */
static bool cache_is_sound(const char *path, uint64_t size) {
  struct statx stat;
  if (sys(__NR_statx, AT_HERE, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &stat) < 0) return false;
  return (stat.stx_mode & 0170000) == 0100000 && stat.stx_size == size &&
         (stat.stx_uid == 0 || stat.stx_uid == (uint32_t)sys(__NR_geteuid)) &&
         (stat.stx_mode & 022) == 0;
}

/* cache PATH SIZE: the size is after the last space. */
static void read_cache(struct front *f, char *line) {
  static struct text option;
  uint64_t size = 0;
  size_t n = length_of(line, PATH_LIMIT), cut = n;
  while (cut > 0 && line[cut] != ' ') cut--;
  line[cut] = 0;
  for (size_t i = cut + 1; i < n; i++) size = size * 10 + (uint64_t)(line[i] - '0');
  if (!cache_is_sound(line, size)) return;
  put(&option, "-XX:AOTCache=");
  put(&option, line);
  f->java_argv[f->java_argc++] = option.bytes;
}

static void read_line(struct front *f, char *line) {
  if (f->java_argc >= JAVA_STRINGS - 2 || f->java_envc >= JAVA_STRINGS - 1)
    fail("read carafe.conf", "", 0, "it has too many lines: delete it and start ./carafe again");
  if (after(&line, "java ")) f->java_argv[0] = line;
  else if (after(&line, "cache ")) read_cache(f, line);
  else if (after(&line, "env ")) f->java_env[f->java_envc++] = line;
  else if (after(&line, "arg ") || after(&line, "main ")) f->java_argv[f->java_argc++] = line;
}

static void read_start_file(struct front *f, int fd) {
  static char text[0x10000];
  size_t length = 0;
  int64_t n;
  while ((n = sys(__NR_read, fd, text + length, sizeof text - 32 - length)) > 0) length += (size_t)n;
  sys(__NR_close, fd);
  f->java_argc = 1;
  for (char *line = text, *end; line < text + length; line = end + 1) {
    end = line + length_of(line, (size_t)(text + length - line));
    for (char *c = line; c < end; c++)
      if (*c == '\n') end = c;
    *end = 0;
    read_line(f, line);
  }
  if (!f->java_argv[0] || f->java_argc < 2)
    fail("read carafe.conf", "", 0, "it names no Java program: delete it and start ./carafe again");
}

/* ---- hello */

static void add(struct front *f, const void *bytes, size_t n) {
  if (n > HELLO_LIMIT - f->hello_size) leave(MALFORMED);
  memcpy(f->hello + f->hello_size, bytes, n);
  f->hello_size += n;
}

static uint32_t add_strings(struct front *f, char *const *strings) {
  uint32_t count = 0;
  for (; strings[count]; count++)
    add(f, strings[count], length_of(strings[count], HELLO_LIMIT) + 1);
  return count;
}

static struct hello *head_of(struct front *f) { return (struct hello *)f->hello; }

/* The kernel's struct linux_dirent64. */
struct entry {
  uint64_t inode;
  int64_t offset;
  uint16_t length;
  uint8_t type;
  char name[];
};

static void add_if_callers(struct front *f, const char *name, int start_file, int directory) {
  int fd = 0;
  for (; *name >= '0' && *name <= '9'; name++) fd = fd * 10 + *name - '0';
  if (*name || fd < 3 || fd == start_file || fd == directory) return;
  add(f, &fd, sizeof fd);
  head_of(f)->open_fd_count++;
}

/* The descriptors that the caller left open: Java cannot see them, and must know what to preserve. */
static void add_open_fds(struct front *f, int start_file) {
  char bytes[4096] __attribute__((aligned(8)));
  const int64_t directory =
      sys(__NR_openat, AT_HERE, "/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (directory < 0) fail("list /proc/self/fd", "", directory, "mount /proc");
  int64_t n;
  while ((n = sys(__NR_getdents64, directory, bytes, sizeof bytes)) > 0) {
    for (int64_t at = 0; at < n;) {
      const struct entry *entry = (const struct entry *)(bytes + at);
      if (entry->name[0] != '.') add_if_callers(f, entry->name, start_file, (int)directory);
      at += entry->length;
    }
  }
  sys(__NR_close, directory);
}

static void add_directory(struct front *f) {
  char path[PATH_LIMIT];
  const int64_t n = sys(__NR_getcwd, path, sizeof path);
  head_of(f)->cwd_error = n < 0 ? (int32_t)-n : 0;
  head_of(f)->cwd_length = n > 0 ? (uint32_t)n - 1 : 0;
  if (n > 0) add(f, path, (size_t)n - 1);
}

/* What stays the same for a successor; argv and the environment follow in say_hello. */
static void prepare_hello(struct agent *a, struct front *f, int start_file) {
  f->hello = pages(HELLO_LIMIT);
  if (failed(f->hello)) fail("get memory", "", (int64_t)f->hello, "raise the limit of memory");
  struct hello *h = head_of(f);
  *h = (struct hello){.version = 1, .mask = a->caller_mask, .ignored = a->caller_ignored};
  h->pid = (uint32_t)sys(__NR_getpid);
  h->ppid = (uint32_t)sys(__NR_getppid);
  h->umask = (uint32_t)sys(__NR_umask, 0);
  sys(__NR_umask, h->umask);
  for (int i = 0; i < 16; i++) sys(__NR_prlimit64, 0, i, 0, h->rlimits[i]);
  f->hello_size = sizeof *h;
  add_open_fds(f, start_file);
  add_directory(f);
  f->hello_prefix = f->hello_size;
}

/* An error needs no word here: it shows as the end of Java's socket. */
static void say_hello(struct agent *a, struct front *f, char *const *argv) {
  f->hello_size = f->hello_prefix;
  head_of(f)->argc = add_strings(f, argv);
  head_of(f)->envc = add_strings(f, f->envp);
  head_of(f)->size = (uint32_t)f->hello_size;
  const int directory = (int)sys(__NR_openat, AT_HERE, ".", O_PATH | O_CLOEXEC, 0);
  uint32_t fds = directory >= 0;
  for (size_t at = 0; at < f->hello_size;) {
    const long n = send_fds(a->socket, f->hello + at, f->hello_size - at, &directory, fds, 0);
    if (n <= 0) break;
    fds = 0;
    at += (size_t)n;
  }
  if (directory >= 0) sys(__NR_close, directory);
}

/* ---- Java */

/* Ours of the standard descriptors are close-on-exec: the caller had none there. */
static bool was_closed(int fd) { return sys(__NR_fcntl, fd, F_GETFD) & FD_CLOSE_ON_EXEC; }

/*
 * Java gets a session of its own: Ctrl-C and the like reach the front only, which decides. It can
 * still write to the terminal, and it is killed when the front ends, however that happens.
 */
static void start_java(struct agent *a, struct front *f) {
  int pair[2];
  int64_t result = sys(__NR_socketpair, 1, 1 | O_CLOEXEC, 0, pair); /* AF_UNIX, SOCK_STREAM */
  if (result < 0) fail("make a socket", "", result, "raise the limit of open files");
  const int null = (int)sys(__NR_openat, AT_HERE, "/dev/null", O_RDWR | O_CLOEXEC, 0);
  const int fds[4] = {was_closed(0) ? null : -1, was_closed(1) ? null : -1,
                      was_closed(2) ? null : -1, pair[1]};
  struct spawn s = {.path = f->java_argv[0],
                    .argv = f->java_argv,
                    .envp = f->java_env,
                    .fds = fds,
                    .fd_count = 4,
                    .detached = true,
                    .dies_with_parent = true,
                    .parent = sys(__NR_getpid)};
  f->java = spawn(&s, (struct clone_args){.flags = 0});
  if (f->java < 0)
    fail("start Java, ", f->java_argv[0], f->java,
         "install a JDK 25 (Debian: openjdk-25-jdk-headless) and start ./carafe again");
  sys(__NR_close, null);
  sys(__NR_close, pair[1]);
  a->socket = pair[0];
}

/* The kernel lays arguments and environment out in one piece. "carafe", which they begin with, stays. */
static void note_words(struct agent *a, char *first, char **argv, char **envp) {
  char *last = first;
  for (; *argv; argv++) last = *argv;
  for (; *envp; envp++) last = *envp;
  a->words = first + length_of("carafe", 6);
  a->words_length = (size_t)(last - a->words) + length_of(last, HELLO_LIMIT);
}

_Noreturn void front_start(struct agent *a, long *stack, char **argv, char **envp) {
  char *number = argv[0];
  int start_file = 0;
  if (stack[0] == 0 || length_of(number, 20) < 15 || !after(&number, SEALED)) seal(stack, envp);
  for (; *number; number++) start_file = start_file * 10 + *number - '0';
  sys(__NR_prctl, PR_SET_NAME, "carafe"); /* else it is that of a memory file */
  keep_signals(a);
  note_words(a, argv[0], argv, envp);
  a->front = &front;
  front.envp = envp;
  prepare_hello(a, &front, start_file);
  read_start_file(&front, start_file);
  start_java(a, &front);
  say_hello(a, &front, argv + 1);
  serve(a);
}

/*
 * Java is not left behind as an orphan for the caller's subreaper. Freeing its memory from here too
 * takes a millisecond off the wait.
 */
static void end_java(struct front *f) {
  if (f->java <= 0) return;
  const int pidfd = (int)sys(__NR_pidfd_open, f->java, 0);
  sys(__NR_kill, f->java, SIGKILL);
  if (pidfd >= 0) {
    sys(__NR_process_mrelease, pidfd, 0);
    sys(__NR_close, pidfd);
  }
  sys(__NR_wait4, f->java, 0, 0, 0);
  f->java = 0;
}

_Noreturn void front_exit(struct front *f, int code) {
  end_java(f);
  leave(code);
}

void front_batch_came(struct front *f) { f->waited = false; }

/* Java has ended in the middle of its work. */
static _Noreturn void report(struct front *f) {
  struct text t = {.length = 0};
  int status = 0;
  if (f->java > 0) sys(__NR_wait4, f->java, &status, 0, 0);
  put(&t, "carafe: the Java process ");
  put(&t, status & 0x7f ? "was killed by signal " : "exited with ");
  put_number(&t, (uint64_t)(status & 0x7f ? status & 0x7f : status >> 8 & 0xff));
  put(&t, " before its work was done");
  give_up(&t);
}

static int exit_code(int status) {
  return status & 0x7f ? 128 + (status & 0x7f) : status >> 8 & 0xff;
}

/* Java left while we waited: another one cleans up, and is told the status. */
void front_java_left(struct agent *a) {
  struct front *f = a->front;
  char *argv[SUCCESSOR_STRINGS + 2];
  int count = 0;
  struct text status = {.length = 0};
  if (!f->waited) report(f);
  sys(__NR_close, a->socket);
  end_java(f);
  if (f->successor_length == 0) leave(exit_code(f->status));
  for (uint32_t at = 0; at < f->successor_length && count < SUCCESSOR_STRINGS;) {
    argv[count++] = f->successor + at;
    at += (uint32_t)length_of(f->successor + at, f->successor_length - at) + 1;
  }
  put_number(&status, (uint64_t)f->status);
  argv[count++] = status.bytes;
  argv[count] = 0;
  f->waited = false;
  memset(a->registers, 0, sizeof a->registers);
  start_java(a, f);
  say_hello(a, f, argv);
}
