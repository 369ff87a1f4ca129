/* What stands in for a C library: system calls, a few string functions, messages with descriptors. */
#ifndef CARAFE_SYS_H
#define CARAFE_SYS_H

#include <asm/errno.h>
#include <asm/unistd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline long syscall6(long nr, long a, long b, long c, long d, long e, long f) {
#if defined(__x86_64__)
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = nr;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return x0;
#else
#error "Carafe runs on x86_64 and aarch64"
#endif
}

/* sys(nr, up to six arguments) */
#define sys(...) SYS_PICK(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)
#define SYS_PICK(nr, a, b, c, d, e, f, ...) \
  syscall6(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t length_of(const char *string, size_t limit);

/* Returns zeroed pages, or minus an errno as a pointer: see failed(). */
void *pages(size_t size);
void release(void *at, size_t size);
static inline bool failed(const void *p) { return (unsigned long)p > -4096ul; }

/* Send or receive once, with descriptors; interrupted ones are retried. */
long send_fds(int socket, const void *bytes, size_t n, const int *fds, uint32_t count, int flags);
long receive_fds(int socket, void *bytes, size_t n, int *fds, uint32_t *count, int flags);

#define AT_HERE (-100) /* AT_FDCWD */
#define FD_CLOSE_ON_EXEC 1
#define MSG_WAIT_ALL 0x100
#define MSG_NO_SIGNAL 0x4000
#define ALL_SIGNALS (~0ull)
#define MASK_SET 2 /* SIG_SETMASK */

static inline uint64_t signal_bit(int signal) { return 1ull << (signal - 1); }

/* The kernel's struct sigaction, on both architectures. */
struct action {
  void (*handler)(int);
  unsigned long flags;
  void (*restorer)(void);
  uint64_t mask;
};
#define RESTORER 0x04000000ul /* x86_64 delivers no signal without one */
#define HANDLE_DEFAULT ((void (*)(int))0)
#define HANDLE_IGNORE ((void (*)(int))1)

#endif
