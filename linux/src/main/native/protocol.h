/*
 * The protocol between Java and an agent, over a stream socket, in native byte order. Java's side is
 * dev.carafe.linux.Batch and Agent. README.md says why it is as it is.
 */
#ifndef CARAFE_PROTOCOL_H
#define CARAFE_PROTOCOL_H

#include <stdint.h>

#define REGISTERS 4096         /* results that an agent remembers, all 0 at first */
#define MESSAGE_LIMIT 0x4000000u /* bytes in a batch */
#define PASSED_LIMIT 253       /* descriptors with a batch: the kernel's limit for one message */
#define SENT_LIMIT 16          /* descriptors with a reply */
#define LABEL_LIMIT 8192       /* bytes of a label in a reply; longer ones are cut */
#define MALFORMED 125          /* exit code of an agent that read a malformed batch */

/* A batch: header, ops, relocs, outs, padding, data. */
struct header {
  uint32_t size; /* of the whole message */
  uint32_t op_count;
  uint32_t reloc_count;
  uint32_t out_count;
  uint32_t passed_base;  /* register of the first descriptor that comes with the batch */
  uint32_t passed_count; /* the sender attaches them to the first byte */
  uint32_t data_offset;  /* from the start of the message; a multiple of 8 */
  uint32_t data_size;
};

enum kind { SYSCALL, CHECK, SKIP, CLONE, RUN, HOLD, EXEC, WAIT, EXIT, FILTER, LISTEN, MIND, KINDS };

#define OP_OPTIONAL 1  /* a failure is a result (minus the errno), not the batch's end */
#define OP_SEND_FD 2   /* the result is a descriptor for the reply; the agent closes its own */
#define OP_IF_THERE 8  /* so is the failure that nothing is there: ENOENT, ENOTDIR */
#define OP_LAST_WORDS 4 /* do before this op what EXEC does before its exec: see EXEC */

enum arg_type { NUMBER, REGISTER, POINTER };

/*
 * SYSCALL  nr and six arguments; EINTR is retried.
 * CHECK    pointer, width (1, 2, 4, 8), mask, expected, errno: fails with errno unless
 *          (the unsigned number at pointer & mask) == expected.
 * SKIP     value, count, condition (0: value >= 0, 1: < 0, 2: == given, 3: != given), given: skips
 *          count ops if the condition holds.
 * CLONE    flags, cgroup descriptor or -1: forks an agent with a socket of its own, whose other end
 *          comes with the reply. Result: pid.
 * RUN      path, argv, envp, stdin or -1, descriptor for stdout and stderr or -1 (-1: the agent's
 *          own), milliseconds or 0: runs a program to its end. Errnos: ETIMEDOUT, that of the exec,
 *          or 65536 + wait status.
 * HOLD     listening socket, nested batch (POINTER): last in its batch. The agent answers, closes
 *          its control socket and waits for the start message on a connection.
 * EXEC     path, argv, envp, 1 to stay as the program's init (else 0). Before it, the caller's signal mask and dispositions are restored, and
 *          a notice is sent: {u32 8, i32 -2}. Then an end of file is success, a reply is failure.
 * WAIT     pid, terminal descriptor or -1, flags, successor arguments (POINTER: each NUL-ended, the
 *          program's name first), their length in bytes: last in its batch. Result: wait status. If
 *          Java has left by then, or leaves with no further batch, a successor starts, with these
 *          arguments and the wait status in decimal as the last; length 0: the front exits.
 * EXIT     code.
 * FILTER   struct sock_fprog or 0, flags: the seccomp filter that RUN's programs load from now on.
 * LISTEN   struct sock_fprog, flags: loads a seccomp filter with a listener, after last words. A
 *          thread that the filter does not bind sends {u32 8, i32 -3} with the listener's
 *          descriptor, and waits for four bytes. Only then this goes on; without them the agent
 *          ends.
 * MIND     pid: the front hands signals on to this child of its own from now on, which another agent
 *          has cloned, and not to the one that it has cloned last.
 */
struct op {
  uint16_t kind;
  uint16_t flags;
  uint32_t nr;
  uint32_t reg; /* takes the result */
  uint32_t label; /* NUL-ended, in the data */
  uint32_t first_reloc; /* applied just before the op */
  uint32_t reloc_count;
  uint8_t type[6];
  uint8_t pad[2];
  uint64_t arg[6];
};

/* Type 0 writes a u64 pointer to data[value] at data[at]; type 1 the low half of a register. */
struct reloc {
  uint32_t at;
  uint32_t type;
  uint32_t value;
  uint32_t zero;
};

/* Bytes of the data that come back with the reply. */
struct out {
  uint32_t offset;
  uint32_t length;
};

/* A reply: header, i64 results, bytes asked for, label of the failed op. */
struct reply {
  uint32_t size;
  int32_t failed_op; /* -1: none */
  int32_t error;     /* errno; 65536 + wait status of a RUN program */
  uint32_t completed;
  uint32_t result_count; /* all ops, or those before the failed one */
  uint32_t out_bytes;    /* 0 after a failure */
  uint32_t fd_count;     /* 0 after a failure: what was to be sent is closed */
  uint32_t label_length;
};

#define NOTICE (-2)   /* in the place of failed_op: about to exec */
#define LISTENER (-3) /* here comes a filter's listener */
#define START_MESSAGE 0x54525453u

/* The bits of WAIT's flags. Relaying implies forwarding. */
#define WAIT_FORWARD 1 /* signals, to the child */
#define WAIT_REAP 2    /* all children, as a subreaper must */
#define WAIT_RELAY 4   /* the terminal's master to the caller's stdin and stdout */

/*
 * The front's first message, followed by: u32 descriptors that were open at its start (3 and up),
 * bytes of the working directory, argv and envp, each string NUL-ended. With it comes the working
 * directory as an O_PATH descriptor, if it can be opened.
 */
struct hello {
  uint32_t size;
  uint32_t version;
  uint32_t pid;
  uint32_t ppid;
  uint64_t mask;
  uint64_t ignored; /* bit n-1 is signal n */
  uint32_t umask;
  int32_t cwd_error; /* errno of getcwd, or 0 */
  uint32_t argc;
  uint32_t envc;
  uint32_t open_fd_count;
  uint32_t cwd_length;
  uint64_t rlimits[16][2]; /* soft, hard; by their number */
};

#endif
