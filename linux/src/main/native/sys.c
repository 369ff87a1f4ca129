#include "sys.h"

#include <linux/mman.h>

/* The compiler calls these three for copies and clears that it finds in the code. */
void *memcpy(void *to, const void *from, size_t n) {
  char *t = to;
  const char *f = from;
  while (n--) *t++ = *f++;
  return to;
}

void *memset(void *to, int value, size_t n) {
  char *t = to;
  while (n--) *t++ = (char)value;
  return to;
}

int memcmp(const void *a, const void *b, size_t n) {
  const unsigned char *x = a, *y = b;
  for (; n--; x++, y++)
    if (*x != *y) return *x - *y;
  return 0;
}

size_t length_of(const char *string, size_t limit) {
  size_t n = 0;
  while (n < limit && string[n]) n++;
  return n;
}

void *pages(size_t size) {
  const int flags = 0x22 | MAP_NORESERVE; /* MAP_PRIVATE | MAP_ANONYMOUS */
  return (void *)sys(__NR_mmap, 0, size, 3, flags, -1, 0); /* PROT_READ | PROT_WRITE */
}

void release(void *at, size_t size) { sys(__NR_munmap, at, size); }

struct part {
  void *at;
  size_t length;
};

/* The kernel's struct user_msghdr. */
struct message {
  void *name;
  int name_length;
  struct part *parts;
  size_t part_count;
  void *control;
  size_t control_length;
  unsigned flags;
};

/* A struct cmsghdr with the most descriptors that one message may carry. */
struct rights {
  size_t length;
  int level;
  int type;
  int fds[253];
};
#define RIGHTS_LENGTH(count) (offsetof(struct rights, fds) + (count) * sizeof(int))

long send_fds(int socket, const void *bytes, size_t n, const int *fds, uint32_t count, int flags) {
  struct rights rights = {RIGHTS_LENGTH(count), 1, 1, {0}}; /* SOL_SOCKET, SCM_RIGHTS */
  struct part part = {(void *)bytes, n};
  struct message message = {.parts = &part, .part_count = 1};
  if (count > 253) return -EINVAL;
  if (count) {
    memcpy(rights.fds, fds, count * sizeof(int));
    message.control = &rights;
    message.control_length = rights.length;
  }
  long sent;
  do sent = sys(__NR_sendmsg, socket, &message, flags | MSG_NO_SIGNAL);
  while (sent == -EINTR);
  return sent;
}

/*
 * *count is the room in fds, then the number that came. The kernel closes what finds no room: the
 * control buffer is exactly as long as the room, since rounding up would let one more in.
 */
long receive_fds(int socket, void *bytes, size_t n, int *fds, uint32_t *count, int flags) {
  struct rights rights;
  struct part part = {bytes, n};
  uint32_t room = *count > 253 ? 253 : *count;
  struct message message = {.parts = &part, .part_count = 1, .control = &rights};
  long received;
  do {
    message.control_length = room ? RIGHTS_LENGTH(room) : 0;
    received = sys(__NR_recvmsg, socket, &message, flags | 0x40000000); /* MSG_CMSG_CLOEXEC */
  } while (received == -EINTR);
  *count = 0;
  if (received >= 0 && message.control_length >= RIGHTS_LENGTH(1) && rights.type == 1) {
    *count = (uint32_t)((rights.length - RIGHTS_LENGTH(0)) / sizeof(int));
    memcpy(fds, rights.fds, *count * sizeof(int));
  }
  return received;
}
