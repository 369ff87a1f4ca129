/* The interpreter of batches: one source for the agent and for the JVM's own process. */
#ifndef CARAFE_BATCH_H
#define CARAFE_BATCH_H

#include "protocol.h"
#include "sys.h"

/* A batch whose every offset has been checked. */
struct batch {
  const struct header *head;
  const struct op *ops;
  const struct reloc *relocs;
  const struct out *outs;
  char *data;
  uint32_t out_bytes;
};

struct executor {
  int64_t *registers;
  uint32_t register_count;
  /* Performs an op that is more than one system call; 0: there are none. Fails with a minus. */
  int64_t (*special)(struct executor *, const struct batch *, const struct op *, uint64_t args[6]);
  void (*last_words)(struct executor *);
  int sent[SENT_LIMIT]; /* descriptors for the reply */
  uint32_t sent_count;
};

/* Checks a message; false: it is malformed. */
bool batch_open(struct batch *, char *message, uint32_t size, uint32_t register_count);

/* The most bytes that the reply may have. */
size_t batch_reply_bound(const struct batch *);

/* Performs a batch and writes the reply. */
void batch_run(const struct batch *, struct executor *, struct reply *);

/* Adds a descriptor to the reply; closes it and fails when there are too many. */
int64_t batch_send(struct executor *, int64_t fd);

/* Closes the executor's copies of the descriptors for the reply. */
void batch_close_sent(struct executor *);

#endif
