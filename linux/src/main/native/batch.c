#include "batch.h"

/* Says whether `count` things of `size` bytes fit at `offset` of `total` bytes. */
static bool fits(uint64_t offset, uint64_t count, uint64_t size, uint64_t total) {
  return offset <= total && count <= (total - offset) / size;
}

static bool arg_is_sound(const struct batch *b, const struct op *op, int i, uint32_t registers) {
  switch (op->type[i]) {
    case NUMBER: return true;
    case REGISTER: return op->arg[i] < registers;
    case POINTER: return op->arg[i] <= b->head->data_size;
    default: return false;
  }
}

/* Checks what the interpreter itself reads through an op; what only the kernel reads is its matter. */
static bool kind_is_sound(const struct batch *b, const struct op *op, uint32_t index) {
  const uint64_t *arg = op->arg;
  const uint32_t left = b->head->op_count - 1 - index, data = b->head->data_size;
  switch (op->kind) {
    case CHECK:
      return op->type[0] == POINTER && op->type[1] == NUMBER && arg[1] <= 8 &&
             (0x116u >> arg[1] & 1) && fits(arg[0], 1, arg[1], data); /* width 1, 2, 4 or 8 */
    case SKIP: return op->type[1] == NUMBER && arg[1] <= left && op->type[2] == NUMBER && arg[2] < 4;
    case HOLD: return left == 0 && op->type[1] == POINTER && arg[1] % 8 == 0;
    case WAIT:
      return left == 0 && op->type[4] == NUMBER &&
             (arg[4] == 0 || (op->type[3] == POINTER && fits(arg[3], arg[4], 1, data)));
    default: return op->kind < KINDS;
  }
}

static bool op_is_sound(const struct batch *b, uint32_t index, uint32_t registers) {
  const struct op *op = &b->ops[index];
  if (op->reg >= registers || op->label > b->head->data_size) return false;
  if (!fits(op->first_reloc, op->reloc_count, 1, b->head->reloc_count)) return false;
  for (int i = 0; i < 6; i++)
    if (!arg_is_sound(b, op, i, registers)) return false;
  return kind_is_sound(b, op, index);
}

static bool reloc_is_sound(const struct batch *b, const struct reloc *r, uint32_t registers) {
  const uint32_t data = b->head->data_size;
  if (r->type == 0) return fits(r->at, 1, 8, data) && r->value <= data;
  return r->type == 1 && fits(r->at, 1, 4, data) && r->value < registers;
}

/* The tables follow the header in order, then the data, which ends the message. */
static bool layout_is_sound(struct batch *b, char *message, uint32_t size) {
  const struct header *h = b->head;
  uint64_t at = sizeof *h;
  if (!fits(at, h->op_count, sizeof(struct op), size)) return false;
  b->ops = (const struct op *)(message + at);
  at += (uint64_t)h->op_count * sizeof(struct op);
  if (!fits(at, h->reloc_count, sizeof(struct reloc), size)) return false;
  b->relocs = (const struct reloc *)(message + at);
  at += (uint64_t)h->reloc_count * sizeof(struct reloc);
  if (!fits(at, h->out_count, sizeof(struct out), size)) return false;
  b->outs = (const struct out *)(message + at);
  at += (uint64_t)h->out_count * sizeof(struct out);
  b->data = message + h->data_offset;
  return h->data_offset >= at && h->data_offset % 8 == 0 &&
         (uint64_t)h->data_offset + h->data_size == size;
}

bool batch_open(struct batch *b, char *message, uint32_t size, uint32_t registers) {
  if (size < sizeof(struct header) || size > MESSAGE_LIMIT) return false;
  b->head = (const struct header *)message;
  if (b->head->size != size || !layout_is_sound(b, message, size)) return false;
  if (b->head->passed_count > PASSED_LIMIT) return false;
  if (!fits(b->head->passed_base, b->head->passed_count, 1, registers)) return false;
  for (uint32_t i = 0; i < b->head->op_count; i++)
    if (!op_is_sound(b, i, registers)) return false;
  for (uint32_t i = 0; i < b->head->reloc_count; i++)
    if (!reloc_is_sound(b, &b->relocs[i], registers)) return false;
  uint64_t out_bytes = 0;
  for (uint32_t i = 0; i < b->head->out_count; i++) {
    if (!fits(b->outs[i].offset, b->outs[i].length, 1, b->head->data_size)) return false;
    out_bytes += b->outs[i].length;
  }
  b->out_bytes = (uint32_t)out_bytes;
  return out_bytes <= MESSAGE_LIMIT;
}

size_t batch_reply_bound(const struct batch *b) {
  return sizeof(struct reply) + 8ul * b->head->op_count + b->out_bytes + LABEL_LIMIT;
}

/* Bytes are copied, since Java aligns them to no more than it needs. */
static void apply_relocs(const struct batch *b, const struct op *op, const int64_t *registers) {
  for (uint32_t i = 0; i < op->reloc_count; i++) {
    const struct reloc *r = &b->relocs[op->first_reloc + i];
    if (r->type == 0) {
      char *pointer = b->data + r->value;
      memcpy(b->data + r->at, &pointer, 8);
    } else {
      uint32_t low = (uint32_t)registers[r->value];
      memcpy(b->data + r->at, &low, 4);
    }
  }
}

static uint64_t value_of(const struct batch *b, const struct op *op, int i, const int64_t *registers) {
  if (op->type[i] == NUMBER) return op->arg[i];
  return op->type[i] == REGISTER ? (uint64_t)registers[op->arg[i]]
                                 : (uint64_t)(b->data + op->arg[i]);
}

static int64_t system_call(uint32_t nr, const uint64_t a[6]) {
  int64_t result;
  do result = sys(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
  while (result == -EINTR && nr != __NR_close);
  /* An interrupted close has closed; a second one would hit a stranger's descriptor. */
  return result == -EINTR ? 0 : result;
}

static int64_t check(const uint64_t a[6]) {
  uint64_t value = 0;
  memcpy(&value, (const void *)a[0], a[1]); /* both architectures are little-endian */
  int64_t error = a[4] > 0 && a[4] < 4096 ? (int64_t)a[4] : EINVAL;
  return (value & a[2]) == a[3] ? 0 : -error;
}

static uint32_t skipped(const uint64_t a[6]) {
  const bool truth[] = {(int64_t)a[0] >= 0, (int64_t)a[0] < 0, a[0] == a[3], a[0] != a[3]};
  return truth[a[2]] ? (uint32_t)a[1] : 0;
}

int64_t batch_send(struct executor *e, int64_t fd) {
  if (e->sent_count == SENT_LIMIT) {
    sys(__NR_close, fd);
    return -EMFILE;
  }
  e->sent[e->sent_count++] = (int)fd;
  return fd;
}

void batch_close_sent(struct executor *e) {
  while (e->sent_count) sys(__NR_close, e->sent[--e->sent_count]);
}

/* Performs one op. Minus an errno is a failure; a system call may also answer a large address. */
static int64_t perform(const struct batch *b, const struct op *op, uint64_t a[6], struct executor *e) {
  if (op->flags & OP_LAST_WORDS && e->last_words) e->last_words(e);
  if (op->kind == CHECK) return check(a);
  if (op->kind == SKIP) return 0;
  if (op->kind != SYSCALL) return e->special ? e->special(e, b, op, a) : -ENOSYS;
  int64_t result = system_call(op->nr, a);
  return result >= 0 && op->flags & OP_SEND_FD ? batch_send(e, result) : result;
}

static bool is_failure(const struct op *op, int64_t result) {
  return op->kind == SYSCALL ? result < 0 && result > -4096 : result < 0;
}

static bool is_borne(const struct op *op, int64_t result) {
  const bool missing = result == -ENOENT || result == -ENOTDIR;
  return op->flags & OP_OPTIONAL || (op->flags & OP_IF_THERE && missing);
}

static void put_outs(const struct batch *b, char *to) {
  for (uint32_t i = 0; i < b->head->out_count; i++) {
    memcpy(to, b->data + b->outs[i].offset, b->outs[i].length);
    to += b->outs[i].length;
  }
}

static void put_failure(const struct batch *b, struct executor *e, struct reply *reply) {
  const uint32_t label = b->ops[reply->failed_op].label;
  char *to = (char *)(reply + 1) + 8ul * reply->result_count;
  reply->label_length = (uint32_t)length_of(b->data + label, b->head->data_size - label);
  if (reply->label_length > LABEL_LIMIT) reply->label_length = LABEL_LIMIT;
  memcpy(to, b->data + label, reply->label_length);
  batch_close_sent(e);
}

void batch_run(const struct batch *b, struct executor *e, struct reply *reply) {
  int64_t *results = (int64_t *)(reply + 1);
  *reply = (struct reply){.failed_op = -1};
  e->sent_count = 0;
  uint32_t i = 0;
  while (i < b->head->op_count) {
    const struct op *op = &b->ops[i];
    uint64_t args[6];
    apply_relocs(b, op, e->registers);
    for (int k = 0; k < 6; k++) args[k] = value_of(b, op, k, e->registers);
    int64_t result = perform(b, op, args, e);
    if (is_failure(op, result) && !is_borne(op, result)) {
      reply->failed_op = (int32_t)i;
      reply->error = (int32_t)-result;
      break;
    }
    e->registers[op->reg] = results[i++] = result;
    for (uint32_t n = op->kind == SKIP ? skipped(args) : 0; n; n--) results[i++] = 0;
  }
  reply->completed = reply->result_count = i;
  if (reply->failed_op >= 0) {
    put_failure(b, e, reply);
  } else {
    put_outs(b, (char *)(results + i));
    reply->out_bytes = b->out_bytes;
    reply->fd_count = e->sent_count;
  }
  reply->size = (uint32_t)sizeof *reply + 8 * reply->result_count + reply->out_bytes +
                reply->label_length;
}
