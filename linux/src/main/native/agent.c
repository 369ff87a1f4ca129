#include "agent.h"

#include <linux/close_range.h>
#include <linux/fcntl.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/signal.h>
#include <linux/signalfd.h>
#include <linux/time_types.h>
#include <linux/wait.h>
#include <asm/ioctls.h>

#include "spawn.h"

#define NAMESPACES                                                                          \
  (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
   CLONE_NEWNET | CLONE_NEWTIME)

_Noreturn void leave(int code) {
  sys(__NR_exit_group, code);
  __builtin_trap(); /* a seccomp filter forbids it */
}

static bool equal(const char *a, const char *b) {
  size_t n = length_of(a, 64);
  return n == length_of(b, 64) && memcmp(a, b, n) == 0;
}

/*
 * Notes what the caller had, for the programs that we start. Only SIGCHLD is changed: where it is
 * ignored, the kernel reaps children itself and their status is lost.
 */
void keep_signals(struct agent *a) {
  struct action action;
  sys(__NR_rt_sigprocmask, MASK_SET, 0, &a->caller_mask, 8);
  a->caller_ignored = 0;
  for (int signal = 1; signal <= 64; signal++) {
    if (sys(__NR_rt_sigaction, signal, 0, &action, 8) == 0 && action.handler == HANDLE_IGNORE)
      a->caller_ignored |= signal_bit(signal);
  }
  action = (struct action){HANDLE_DEFAULT, 0, 0, 0};
  sys(__NR_rt_sigaction, SIGCHLD, &action, 0, 8);
}

static char *grow(struct buffer *b, size_t size) {
  if (size > b->size) {
    if (b->size) release(b->at, b->size);
    b->size = (size + 0xffff) & ~0xfffful;
    b->at = pages(b->size);
    if (failed(b->at)) leave(MALFORMED);
  }
  return b->at;
}

/* ---- operations that are more than one system call */

/*
 * Forks an agent. The child leaves this function into a loop of its own, with a copy of all memory;
 * the frames below it are never returned to.
 */
static int64_t do_clone(struct agent *a, uint64_t flags, int64_t cgroup) {
  int pair[2];
  if (flags & ~(uint64_t)(NAMESPACES | CLONE_PARENT)) return -EINVAL;
  int64_t result = sys(__NR_socketpair, 1, 1 | O_CLOEXEC, 0, pair); /* AF_UNIX, SOCK_STREAM */
  if (result < 0) return result;
  struct clone_args args = {.flags = flags, .exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD};
  clone_into(&args, cgroup);
  int64_t pid = sys(__NR_clone3, &args, sizeof args);
  if (pid == 0) {
    /* The parent's sockets would keep it from seeing Java's end, and us ours. */
    batch_close_sent(&a->executor);
    sys(__NR_close, a->socket);
    sys(__NR_close, pair[0]);
    if (cgroup >= 0) sys(__NR_close, cgroup);
    a->socket = pair[1];
    a->front = 0;
    a->child = 0;
    /* Whoever is in the container reads it in /proc/1. */
    memset(a->words, 0, a->words_length);
    memset(a->registers, 0, sizeof a->registers);
    serve(a);
  }
  sys(__NR_close, pair[1]);
  if (pid < 0) {
    sys(__NR_close, pair[0]);
    return pid;
  }
  a->child = pid;
  result = batch_send(&a->executor, pair[0]);
  return result < 0 ? result : pid;
}

struct poll {
  int fd;
  short events;
  short answer;
};

/* A descriptor for the signals that are held back and should end what takes long, or -1. */
static int held_signals(const struct agent *a) {
  uint64_t mask = 0;
  if (a->undisturbed) return -1;
  sys(__NR_rt_sigprocmask, 0, 0, &mask, 8);
  mask &= ~(a->caller_mask | signal_bit(SIGCHLD));
  return mask ? (int)sys(__NR_signalfd4, -1, &mask, 8, O_CLOEXEC | O_NONBLOCK) : -1;
}

/* Takes one of them, so that the next one can end what is done because of it; 0: there is none. */
static int take_signal(int signals) {
  struct signalfd_siginfo info;
  return sys(__NR_read, signals, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}

/* Waits for a child to end; after `milliseconds` (0: never), or at a signal, kills it. */
static int64_t reap(const struct agent *a, int64_t pid, int pidfd, uint64_t milliseconds) {
  struct __kernel_timespec time = {(long long)(milliseconds / 1000),
                                   (long long)(milliseconds % 1000 * 1000000)};
  const int signals = held_signals(a);
  struct poll polls[2] = {{pidfd, 1, 0}, {signals, 1, 0}}; /* POLLIN */
  int64_t ready;
  do ready = sys(__NR_ppoll, polls, 2, milliseconds ? &time : 0, 0, 8); /* counts time down */
  while (ready == -EINTR);
  const bool interrupted = ready > 0 && !polls[0].answer && take_signal(signals);
  if (signals >= 0) sys(__NR_close, signals);
  if (ready == 0 || interrupted) sys(__NR_pidfd_send_signal, pidfd, SIGKILL, 0, 0);
  int status = 0;
  int64_t result;
  do result = sys(__NR_wait4, pid, &status, __WALL, 0);
  while (result == -EINTR);
  if (ready == 0) return -ETIMEDOUT;
  if (interrupted) return -EINTR;
  if (result < 0) return result;
  return status == 0 ? 0 : -(65536 + (int64_t)status);
}

/* Runs a hook's program. It gets the caller's signals, not ours, and no descriptor of ours. */
static int64_t do_run(struct agent *a, const uint64_t args[6]) {
  int fds[3] = {(int)args[3], (int)args[4], (int)args[4]}, pidfd = -1;
  struct spawn s = {
      .path = (const char *)args[0],
      .argv = (char *const *)args[1],
      .envp = (char *const *)args[2],
      .fds = fds,
      .fd_count = 3,
      .mask = a->caller_mask,
      .ignore_children = a->caller_ignored & signal_bit(SIGCHLD),
      .dies_with_parent = true,
      .parent = sys(__NR_getpid),
      .filter = a->filter,
      .filter_flags = a->filter_flags,
  };
  int64_t pid = spawn(&s, (struct clone_args){.flags = CLONE_PIDFD, .pidfd = (uintptr_t)&pidfd});
  if (pid < 0) return pid;
  int64_t result = reap(a, pid, pidfd, args[5]);
  sys(__NR_close, pidfd);
  return result;
}

/*
 * What precedes the exec and might be forbidden by a seccomp filter that is loaded before it: hence
 * OP_LAST_WORDS. Handlers go by themselves at the exec.
 */
static void last_words(struct executor *e) {
  struct agent *a = (struct agent *)e;
  const int32_t notice[2] = {8, NOTICE};
  if (a->last_words) return;
  a->last_words = true;
  if (a->caller_ignored & signal_bit(SIGCHLD)) {
    const struct action ignore = {HANDLE_IGNORE, 0, 0, 0};
    sys(__NR_rt_sigaction, SIGCHLD, &ignore, 0, 8);
  }
  sys(__NR_rt_sigprocmask, MASK_SET, &a->caller_mask, 0, 8);
  send_fds(a->socket, notice, sizeof notice, 0, 0, 0);
}

/* Hands every signal on to the program, and reaps, until the program ends. */
static _Noreturn void be_init(int64_t program) {
  const uint64_t all = ALL_SIGNALS;
  sys(__NR_close_range, 0, ~0u, 0); /* whoever reads what the program writes must see it end */
  sys(__NR_prctl, PR_SET_DUMPABLE, 0);
  for (;;) {
    const int64_t signal = sys(__NR_rt_sigtimedwait, &all, 0, 0, 8);
    if (signal != SIGCHLD) {
      if (signal > 0) sys(__NR_kill, program, signal);
      continue;
    }
    int status;
    int64_t pid;
    while ((pid = sys(__NR_wait4, -1, &status, WNOHANG | __WALL, 0)) > 0)
      if (pid == program) leave(status & 0x7f ? 128 + (status & 0x7f) : status >> 8 & 0xff);
  }
}

/*
 * The first process of a pid namespace is deaf to signals that it does not handle, and inherits
 * orphans. A program that does not expect that is made the child of us, who stay. It is in a process
 * group of its own, the terminal's foreground one if there is a terminal: so Ctrl-C is told to it
 * once. Returns in the child, or with an error.
 */
static int64_t fork_from_init(void) {
  const uint64_t all = ALL_SIGNALS;
  uint64_t mask;
  struct clone_args args = {.exit_signal = SIGCHLD};
  sys(__NR_rt_sigprocmask, MASK_SET, &all, &mask, 8);
  const int64_t pid = sys(__NR_clone3, &args, sizeof args);
  if (pid > 0) be_init(pid);
  if (pid == 0) {
    const int group = (int)sys(__NR_getpid);
    sys(__NR_setpgid, 0, 0);
    sys(__NR_ioctl, 0, TIOCSPGRP, &group);
  }
  sys(__NR_rt_sigprocmask, MASK_SET, &mask, 0, 8);
  return pid;
}

static int64_t do_exec(struct executor *e, const uint64_t args[6]) {
  last_words(e);
  const int64_t result = args[3] ? fork_from_init() : 0;
  return result < 0 ? result : sys(__NR_execve, args[0], args[1], args[2]);
}

enum stage { WAITING, LOADED, REFUSED, TOLD };

static int stage_of(const struct agent *a) { return __atomic_load_n(&a->stage, __ATOMIC_ACQUIRE); }

static void set_stage(struct agent *a, enum stage stage) {
  __atomic_store_n(&a->stage, stage, __ATOMIC_RELEASE);
}

/* The second thread of LISTEN, which may still make any call. */
static int tell_listener(void *argument) {
  struct agent *a = argument;
  const int32_t head[2] = {8, LISTENER};
  int32_t answer;
  uint32_t none = 0;
  while (stage_of(a) == WAITING) sys(__NR_sched_yield);
  if (stage_of(a) == REFUSED) return 0;
  const int listener = (int)a->listener;
  if (send_fds(a->socket, head, sizeof head, &listener, 1, 0) != sizeof head ||
      receive_fds(a->socket, &answer, sizeof answer, 0, &none, MSG_WAIT_ALL) != sizeof answer)
    leave(1);
  sys(__NR_close, listener);
  set_stage(a, TOLD);
  return 0;
}

/*
 * The filter may forbid whatever would get the descriptor away, or have it judged by a listener that
 * is not there yet. So another thread does that, while this one makes no call at all.
 */
static int64_t do_listen(struct agent *a, const uint64_t args[6]) {
  static char stack[16384] __attribute__((aligned(16)));
  struct clone_args thread = {
      .flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
      .stack = (uintptr_t)stack,
      .stack_size = sizeof stack};
  last_words(&a->executor);
  set_stage(a, WAITING);
  const int64_t result = clone_and_call(&thread, tell_listener, a);
  if (result < 0) return result;
  a->listener = sys(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
                    args[1] | SECCOMP_FILTER_FLAG_NEW_LISTENER, args[0]);
  set_stage(a, a->listener < 0 ? REFUSED : LOADED);
  while (stage_of(a) == LOADED) __asm__ volatile("" ::: "memory");
  return a->listener;
}

static void exit_by_signal(int signal) { leave(128 + signal); }

/*
 * The first process of a pid namespace is deaf to a signal that it does not handle. Whoever kills a
 * created container expects what kills a program.
 */
static void die_as_programs_do(const struct agent *a) {
  const uint64_t harmless = signal_bit(SIGCHLD) | signal_bit(SIGCONT) | signal_bit(SIGURG) |
                            signal_bit(SIGWINCH) | signal_bit(SIGSTOP) | signal_bit(SIGTSTP) |
                            signal_bit(SIGTTIN) | signal_bit(SIGTTOU);
  const struct action die = {exit_by_signal, RESTORER, (void (*)(void))exit_by_signal, 0};
  for (int signal = 1; signal <= 64; signal++) {
    if (!((harmless | a->caller_ignored) & signal_bit(signal)))
      sys(__NR_rt_sigaction, signal, &die, 0, 8);
  }
  sys(__NR_rt_sigprocmask, MASK_SET, &a->caller_mask, 0, 8); /* nothing is held back any more */
}

/* Opens the batch to hold; the holding itself begins after the reply. */
static int64_t do_hold(struct agent *a, int socket, char *message, const struct batch *b) {
  const uint64_t limit = (uint64_t)(b->data + b->head->data_size - message);
  if (limit < sizeof(struct header)) leave(MALFORMED);
  const struct header *head = (const struct header *)message;
  if (head->size > limit || head->passed_count) leave(MALFORMED);
  if (!batch_open(&a->held, message, head->size, REGISTERS)) leave(MALFORMED);
  die_as_programs_do(a); /* before the reply: from then on we may be killed */
  a->hold_socket = socket;
  return 0;
}

static int64_t special(struct executor *e, const struct batch *b, const struct op *op,
                       uint64_t args[6]) {
  struct agent *a = (struct agent *)e;
  switch (op->kind) {
    case CLONE: return do_clone(a, args[0], (int64_t)args[1]);
    case RUN: return do_run(a, args);
    case HOLD: return do_hold(a, (int)args[0], (char *)args[1], b);
    case EXEC: return do_exec(e, args);
    case LISTEN: return do_listen(a, args);
    case FILTER:
      a->filter = (const void *)args[0];
      a->filter_flags = args[1];
      return 0;
    case MIND:
      a->child = (int64_t)args[0];
      return 0;
    case WAIT: return a->front ? front_wait(a, args) : -ENOSYS;
    default:
      if (a->front) front_exit(a->front, (int)args[0]);
      leave((int)args[0]);
  }
}

/* ---- messages */

/* Receives the rest of a message; false: the other side has gone. */
static bool receive_all(int socket, char *at, size_t n) {
  while (n) {
    uint32_t none = 0;
    long received = receive_fds(socket, at, n, 0, &none, 0);
    if (received <= 0) return false;
    at += received;
    n -= (size_t)received;
  }
  return true;
}

/* Receives a batch into a->message; false: the other side has gone. */
static bool receive_batch(struct agent *a, struct batch *b) {
  struct header head;
  int fds[PASSED_LIMIT];
  uint32_t count = PASSED_LIMIT;
  long received = receive_fds(a->socket, &head, sizeof head, fds, &count, 0);
  if (received <= 0) return false;
  if (!receive_all(a->socket, (char *)&head + received, sizeof head - (size_t)received))
    return false;
  if (a->front) front_batch_came(a->front);
  if (head.size < sizeof head || head.size > MESSAGE_LIMIT) leave(MALFORMED);
  char *message = grow(&a->message, head.size);
  memcpy(message, &head, sizeof head);
  if (!receive_all(a->socket, message + sizeof head, head.size - sizeof head)) return false;
  if (!batch_open(b, message, head.size, REGISTERS)) leave(MALFORMED);
  if (head.passed_count != count) leave(MALFORMED);
  for (uint32_t i = 0; i < count; i++) a->registers[head.passed_base + i] = fds[i];
  return true;
}

/* False: the other side has gone. */
static bool send_reply(struct agent *a, const struct reply *reply) {
  const char *at = (const char *)reply;
  size_t left = reply->size;
  uint32_t fds = reply->fd_count;
  while (left) {
    long sent = send_fds(a->socket, at, left, a->executor.sent, fds, 0);
    if (sent <= 0) break;
    fds = 0; /* they went with the first byte */
    at += sent;
    left -= (size_t)sent;
  }
  batch_close_sent(&a->executor);
  return left == 0;
}

static struct reply *perform(struct agent *a, const struct batch *b) {
  struct reply *reply = (struct reply *)grow(&a->reply, batch_reply_bound(b));
  batch_run(b, &a->executor, reply);
  return reply;
}

/* ---- holding the rest of a start until it is asked for */

/* Whoever connects and says nothing, or something else, only looks whether we are here. */
static bool asks_to_start(int connection) {
  const struct __kernel_old_timeval second = {1, 0};
  uint32_t message = 0, none = 0;
  sys(__NR_setsockopt, connection, 1, 20, &second, sizeof second); /* SOL_SOCKET, SO_RCVTIMEO */
  long n = receive_fds(connection, &message, sizeof message, 0, &none, MSG_WAIT_ALL);
  return n == sizeof message && message == START_MESSAGE;
}

/* Does not return: the held batch ends in an exec, or the agent ends. */
static _Noreturn void hold(struct agent *a) {
  for (;;) {
    int64_t connection = sys(__NR_accept4, a->hold_socket, 0, 0, O_CLOEXEC);
    if (connection == -EINTR || connection == -ECONNABORTED) continue;
    if (connection < 0) leave(1); /* nobody could ever start us */
    if (asks_to_start((int)connection)) {
      /* From now on nobody else can start us, and nobody takes us for merely created. */
      sys(__NR_close, a->hold_socket);
      a->socket = (int)connection;
      send_reply(a, perform(a, &a->held));
      leave(1);
    }
    sys(__NR_close, connection);
  }
}

/* ---- the loop */

/*
 * While Java waits for our child, a signal is for that one: it may run a hook that hangs. One that
 * came before there was a child stays pending until then.
 */
static void await_batch(const struct agent *a) {
  const int signals = a->front && a->child > 0 ? held_signals(a) : -1;
  struct poll polls[2] = {{a->socket, 1, 0}, {signals, 1, 0}};
  while (signals >= 0 && !polls[0].answer) {
    const int64_t ready = sys(__NR_ppoll, polls, 2, 0, 0, 8);
    const int signal = ready > 0 && polls[1].answer ? take_signal(signals) : 0;
    if (signal) sys(__NR_kill, a->child, signal);
  }
  if (signals >= 0) sys(__NR_close, signals);
}

_Noreturn void serve(struct agent *a) {
  for (;;) {
    struct batch batch;
    await_batch(a);
    bool there = receive_batch(a, &batch);
    if (there) {
      a->hold_socket = -1;
      there = send_reply(a, perform(a, &batch));
      if (there && a->hold_socket >= 0) {
        sys(__NR_close, a->socket);
        hold(a);
      }
    }
    if (there) continue;
    if (!a->front) leave(1);
    front_java_left(a);
  }
}

/*
 * The caller's closed standard descriptors must be closed in the container too, but none of ours may
 * land there. So they are taken by sockets that lead nowhere, and that an exec closes.
 */
static void fill_standard_fds(void) {
  int64_t fd;
  do fd = sys(__NR_socket, 1, 1 | O_CLOEXEC, 0); /* AF_UNIX, SOCK_STREAM */
  while (fd >= 0 && fd < 3);
  if (fd >= 0) sys(__NR_close, fd);
}

static struct agent agent;

/* Entered from _start with the stack as the kernel made it: argc, argv, 0, envp, 0. */
__attribute__((used)) _Noreturn void agent_main(long *stack) {
  char **argv = (char **)(stack + 1), **envp = argv + stack[0] + 1;
  agent.executor = (struct executor){.registers = agent.registers,
                                     .register_count = REGISTERS,
                                     .special = special,
                                     .last_words = last_words};
  agent.socket = 3;
  fill_standard_fds();
  if (stack[0] != 2 || !equal(argv[0], "carafe-agent")) front_start(&agent, stack, argv, envp);
  sys(__NR_fcntl, agent.socket, F_SETFD, FD_CLOSE_ON_EXEC);
  keep_signals(&agent);
  serve(&agent);
}

#if defined(__x86_64__)
__asm__(
    ".globl _start\n_start:\n\t"
    "xor %ebp, %ebp\n\t"
    "mov %rsp, %rdi\n\t"
    "and $-16, %rsp\n\t"
    "call agent_main\n");
#else
__asm__(
    ".globl _start\n_start:\n\t"
    "mov x29, 0\n\t"
    "mov x30, 0\n\t"
    "mov x0, sp\n\t"
    "bl agent_main\n");
#endif
