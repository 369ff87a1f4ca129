/* The agent: performs batches that come over its socket. */
#ifndef CARAFE_AGENT_H
#define CARAFE_AGENT_H

#include "batch.h"

/* A buffer that grows by being replaced. */
struct buffer {
  char *at;
  size_t size;
};

struct front;

struct agent {
  struct executor executor; /* first: the interpreter's callbacks get from it to the agent */
  int socket;               /* where batches come from */
  struct buffer message;
  struct buffer reply;
  uint64_t caller_mask;    /* signals as the caller had them, for the programs that we start */
  uint64_t caller_ignored; /* bit n-1: signal n */
  bool last_words;         /* said already */
  int hold_socket;         /* -1: the last batch had no HOLD */
  struct batch held;       /* the nested batch, in message */
  const void *filter;      /* FILTER's */
  uint64_t filter_flags;
  int64_t listener;        /* LISTEN's descriptor */
  int stage;               /* of LISTEN's two threads */
  struct front *front;     /* 0 in all but the front */
  int64_t child;           /* the agent that was forked last, or 0 */
  bool undisturbed;        /* no signal ends what we do */
  char *words;             /* our arguments and environment as the kernel shows them */
  size_t words_length;
  int64_t registers[REGISTERS];
};

_Noreturn void leave(int code);
void keep_signals(struct agent *);
_Noreturn void serve(struct agent *);

/* The rest is the front's, in front.c and wait.c. */
_Noreturn void front_start(struct agent *, long *stack, char **argv, char **envp);
_Noreturn void front_exit(struct front *, int code);
/* Java's socket has ended: returns when a successor was started. */
void front_java_left(struct agent *);
void front_batch_came(struct front *);
int64_t front_wait(struct agent *, const uint64_t args[6]);

#endif
