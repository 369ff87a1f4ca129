/*
 * The front's long wait for a container: forwards signals, reaps, and copies between the caller's
 * streams and the container's terminal. No JVM need live meanwhile.
 */
#include <linux/fcntl.h>
#include <linux/signal.h>
#include <linux/signalfd.h>
#include <linux/time_types.h>
#include <linux/wait.h>
#include <asm/ioctls.h>

#include "front.h"

#define IN 1
#define OUT 4
#define PEER_CLOSED 0x2000 /* POLLRDHUP: asked for alone, so that a waiting batch does not wake us */

/* The kernel's struct termios and winsize, on both architectures. */
struct termios {
  uint32_t iflag, oflag, cflag, lflag;
  uint8_t line, cc[19];
};
struct winsize {
  uint16_t rows, columns, width, height;
};

struct poll {
  int fd;
  short events, answer;
};

/* One direction of the copying. */
struct stream {
  int from, to;
  bool open;   /* there may be more to read */
  bool resting; /* not to be read for a moment */
  uint32_t start, end;
  char last;
  char bytes[4096]; /* a pipe that polls as writable has room for as much */
};

struct wait {
  struct agent *agent;
  int64_t pid;
  uint64_t flags;
  int pidfd, signals, master;
  bool ended, raw, java_left;
  int status;
  struct termios saved;
  struct stream in, out;
};

enum { SIGNALS, CHILD, JAVA, IN_FROM, IN_TO, OUT_FROM, OUT_TO, POLLS };

/* ---- the caller's terminal */

static void copy_window_size(const struct wait *w) {
  struct winsize size;
  if (sys(__NR_ioctl, 0, TIOCGWINSZ, &size) < 0 && sys(__NR_ioctl, 1, TIOCGWINSZ, &size) < 0) return;
  sys(__NR_ioctl, w->master, TIOCSWINSZ, &size);
}

/* All bytes go to the container's terminal, which gives the special ones their meaning. */
static void make_raw(struct wait *w) {
  struct termios raw = w->saved;
  if (!w->raw) return;
  raw.iflag &= ~0x5ebu; /* IGNBRK BRKINT PARMRK ISTRIP INLCR IGNCR ICRNL IXON */
  raw.oflag &= ~1u;     /* OPOST */
  raw.lflag &= ~0x804bu; /* ISIG ICANON ECHO ECHONL IEXTEN */
  raw.cflag = (raw.cflag & ~0x130u) | 0x30; /* CSIZE PARENB; CS8 */
  raw.cc[5] = 0;  /* VTIME */
  raw.cc[6] = 1;  /* VMIN */
  sys(__NR_ioctl, 0, TCSETS, &raw);
}

/*
 * Before signals are blocked: where we are in the background, the kernel stops us here, as it does
 * any program that changes its terminal, until we are in the foreground.
 */
static void open_relay(struct wait *w) {
  w->in = (struct stream){.from = 0, .to = w->master, .open = true};
  w->out = (struct stream){.from = w->master, .to = 1, .open = true};
  const int64_t flags = sys(__NR_fcntl, w->master, F_GETFL);
  sys(__NR_fcntl, w->master, F_SETFL, flags | O_NONBLOCK); /* ours; the caller's stay as they are */
  w->raw = sys(__NR_ioctl, 0, TCGETS, &w->saved) == 0;
  make_raw(w);
  copy_window_size(w);
}

static void close_relay(const struct wait *w) {
  if (w->raw) sys(__NR_ioctl, 0, TCSETS, &w->saved);
}

/* A terminal has no end of file; a program on it sees one when VEOF comes, at a line's start. */
static void pass_end_of_file(struct stream *s) {
  struct termios termios;
  s->open = false;
  if (sys(__NR_ioctl, s->to, TCGETS, &termios) < 0 || !(termios.lflag & 2)) return; /* ICANON */
  s->start = 0;
  s->end = s->last == '\n' || s->last == 0 ? 1 : 2; /* the first one only ends the line */
  s->bytes[0] = s->bytes[1] = (char)termios.cc[4];
}

static void read_stream(struct wait *w, struct stream *s) {
  const int64_t n = sys(__NR_read, s->from, s->bytes, sizeof s->bytes);
  if (n > 0) {
    s->start = 0;
    s->end = (uint32_t)n;
    s->last = s->bytes[n - 1];
  } else if (n == -EIO && !w->ended) {
    s->resting = true; /* we are in the background, or nobody has the container's terminal open now */
  } else if (n != -EAGAIN && n != -EINTR && s == &w->in) {
    pass_end_of_file(s);
  } else if (w->ended) {
    s->open = false; /* the kernel has delivered what was under way before it answers this */
  }
}

static void write_stream(struct stream *s) {
  const int64_t n = sys(__NR_write, s->to, s->bytes + s->start, s->end - s->start);
  if (n > 0) s->start += (uint32_t)n;
  else if (n != -EAGAIN && n != -EINTR) s->start = s->end; /* nobody reads: drop it */
}

/* ---- children and signals */

static void reap(struct wait *w) {
  struct front *f = w->agent->front;
  const int64_t any = w->flags & WAIT_REAP ? -1 : w->pid;
  int status;
  int64_t pid;
  while ((pid = sys(__NR_wait4, any, &status, WNOHANG | __WALL, 0)) > 0) {
    if (pid == f->java) f->java = 0;
    if (pid != w->pid) continue;
    w->ended = true;
    w->status = status;
  }
  if (f->java && any > 0 && sys(__NR_wait4, f->java, 0, WNOHANG, 0) > 0) f->java = 0;
}

/* What the caller ignores, or what only concerns us, stays here. */
static void take_signal(struct wait *w) {
  struct signalfd_siginfo info;
  if (sys(__NR_read, w->signals, &info, sizeof info) != sizeof info) return;
  const int signal = (int)info.ssi_signo;
  const uint64_t ours = signal_bit(SIGCHLD) | signal_bit(SIGPIPE) | signal_bit(SIGURG);
  const bool relay = w->flags & WAIT_RELAY;
  if (signal == SIGCHLD) reap(w);
  if (relay && signal == SIGCONT) make_raw(w); /* the shell has put its own settings back */
  if (relay && (signal == SIGCONT || signal == SIGWINCH)) copy_window_size(w);
  if (relay && signal == SIGWINCH) return; /* the terminal sends one of its own */
  if (!((ours | w->agent->caller_ignored) & signal_bit(signal)))
    sys(__NR_pidfd_send_signal, w->pidfd, signal, 0, 0);
}

/* ---- the loop */

static struct poll wants(bool yes, int fd, short events) {
  return (struct poll){yes ? fd : -1, events, 0};
}

static bool more_to_copy(const struct wait *w) {
  return w->flags & WAIT_RELAY && (w->out.open || w->out.start < w->out.end);
}

static void step(struct wait *w) {
  struct stream *in = &w->in, *out = &w->out;
  const bool in_full = in->start < in->end, out_full = out->start < out->end;
  struct poll polls[POLLS] = {
      [SIGNALS] = wants(true, w->signals, IN),
      [CHILD] = wants(!w->ended, w->pidfd, IN),
      [JAVA] = wants(!w->java_left, w->agent->socket, PEER_CLOSED),
      [IN_FROM] = wants(in->open && !in_full && !in->resting && !w->ended, in->from, IN),
      [IN_TO] = wants(in_full && !w->ended, in->to, OUT),
      [OUT_FROM] = wants(out->open && !out_full && !out->resting && !w->ended, out->from, IN),
      [OUT_TO] = wants(out_full, out->to, OUT),
  };
  const struct __kernel_timespec moment = {0, 50000000};
  struct __kernel_timespec time = moment;
  const bool resting = in->resting || out->resting;
  in->resting = out->resting = false;
  /* Once the child has ended, what is left of its output is read without waiting. */
  if (w->ended && out->open && !out_full) {
    read_stream(w, out);
    return;
  }
  if (sys(__NR_ppoll, polls, POLLS, resting ? &time : 0, 0, 8) <= 0) return;
  if (polls[SIGNALS].answer) take_signal(w);
  if (polls[CHILD].answer) reap(w);
  if (polls[JAVA].answer) w->java_left = true;
  if (polls[IN_FROM].answer) read_stream(w, in);
  if (polls[IN_TO].answer) write_stream(in);
  if (polls[OUT_FROM].answer) read_stream(w, out);
  if (polls[OUT_TO].answer) write_stream(out);
}

/*
 * Signals stay blocked when it is over: what comes in the short time until the exit must not keep
 * Java from cleaning up.
 */
static void block_signals(struct wait *w) {
  const bool all = w->flags & (WAIT_FORWARD | WAIT_RELAY);
  const uint64_t mask = all ? ALL_SIGNALS : signal_bit(SIGCHLD);
  sys(__NR_rt_sigprocmask, 0, &mask, 0, 8); /* SIG_BLOCK */
  w->signals = (int)sys(__NR_signalfd4, -1, &mask, 8, O_CLOEXEC | O_NONBLOCK);
}

/* What is needed when Java has left by the end; see front_java_left. */
static void note_successor(struct front *f, const struct wait *w, const uint64_t args[6]) {
  f->waited = true;
  f->status = w->status;
  f->successor = (char *)args[3];
  f->successor_length = (uint32_t)args[4];
}

int64_t front_wait(struct agent *a, const uint64_t args[6]) {
  static struct wait w; /* the streams are large */
  w = (struct wait){.agent = a, .pid = (int)args[0], .master = (int)args[1], .flags = args[2]};
  if (args[4] && ((char *)args[3])[args[4] - 1]) leave(MALFORMED);
  /* Others' children are an error now, not a loop later. */
  int64_t result = sys(__NR_wait4, w.pid, &w.status, WNOHANG | __WALL, 0);
  if (result < 0) return result;
  w.ended = result > 0;
  w.pidfd = (int)sys(__NR_pidfd_open, w.pid, 0);
  if (w.pidfd < 0 && !w.ended) return w.pidfd;
  if (w.flags & WAIT_RELAY) open_relay(&w);
  block_signals(&w);
  if (w.flags & (WAIT_FORWARD | WAIT_RELAY)) a->undisturbed = true;
  while (!w.ended || more_to_copy(&w)) step(&w);
  if (w.status & 0x7f) a->undisturbed = true; /* it was killed: what is left is to clean up */
  if (w.pid == a->child) a->child = 0;        /* its number may be another's by now */
  if (w.flags & WAIT_RELAY) close_relay(&w);
  if (w.pidfd >= 0) sys(__NR_close, w.pidfd);
  if (w.signals >= 0) sys(__NR_close, w.signals);
  note_successor(a->front, &w, args);
  return w.status;
}
