/*
 * The native methods of dev.carafe.linux.LibSeccomp, in a library of their own, which needs
 * libseccomp and is loaded only where there is a system call filter to compile. Like jni.c it uses no
 * C library itself. The declarations are our own, so that building needs no libseccomp at all:
 * build.sh links against a stand-in of that name. They are libseccomp's interface since 2.2.0.
 */
#include <jni.h>

#include "sys.h"

enum compare { COMPARE_MIN }; /* as wide as libseccomp's */

struct argument {
  unsigned int index;
  enum compare how;
  uint64_t value;
  uint64_t value_two;
};

#define ARGUMENTS 6

struct version {
  unsigned int major;
  unsigned int minor;
  unsigned int micro;
};

const struct version *seccomp_version(void);
int seccomp_syscall_resolve_name_arch(uint32_t arch, const char *name);
void *seccomp_init(uint32_t action);
void seccomp_release(void *filter);
uint32_t seccomp_arch_native(void);
int seccomp_arch_add(void *filter, uint32_t arch);
int seccomp_arch_remove(void *filter, uint32_t arch);
int seccomp_rule_add_array(void *filter, uint32_t action, int number, unsigned int count,
                           const struct argument *arguments);
int seccomp_export_bpf(const void *filter, int fd);

/* major << 16 | minor << 8 | micro */
JNIEXPORT jint JNICALL Java_dev_carafe_linux_LibSeccomp_version(JNIEnv *env, jclass type) {
  (void)env, (void)type;
  const struct version *v = seccomp_version();
  return (jint)(v->major << 16 | v->minor << 8 | v->micro);
}

/* Writes the number of each NUL-ended name; -1 is an unknown one, less than that one of others. */
JNIEXPORT jint JNICALL Java_dev_carafe_linux_LibSeccomp_resolve(JNIEnv *env, jclass type, jint arch,
                                                                jbyteArray names,
                                                                jintArray numbers) {
  (void)type;
  const size_t size = (size_t)(*env)->GetArrayLength(env, names);
  const jsize count = (*env)->GetArrayLength(env, numbers);
  char *at = pages(size + 1);
  if (failed(at)) return -ENOMEM;
  (*env)->GetByteArrayRegion(env, names, 0, (jsize)size, (jbyte *)at);
  size_t next = 0;
  for (jsize i = 0; i < count && next < size; i++) {
    const jint number = seccomp_syscall_resolve_name_arch((uint32_t)arch, at + next);
    (*env)->SetIntArrayRegion(env, numbers, i, 1, &number);
    next += length_of(at + next, size - next) + 1;
  }
  release(at, size + 1);
  return 0;
}

/* A filter has this machine's architecture from the start. */
static int set_arch(void *filter, uint32_t arch) {
  const uint32_t native = seccomp_arch_native();
  if (arch == native) return 0;
  const int result = seccomp_arch_add(filter, arch);
  return result < 0 ? result : seccomp_arch_remove(filter, native);
}

/* Each rule: action, number, count of arguments; each argument: index, comparison, two values. */
static int add_rules(JNIEnv *env, void *filter, jlongArray rules, jint *place) {
  const jsize size = (*env)->GetArrayLength(env, rules);
  jlong head[3], body[4 * ARGUMENTS];
  for (jsize at = 0; at + 3 <= size; at += (jsize)(4 * head[2])) {
    struct argument arguments[ARGUMENTS];
    *place = at;
    (*env)->GetLongArrayRegion(env, rules, at, 3, head);
    at += 3;
    if (head[2] < 0 || head[2] > ARGUMENTS || 4 * head[2] > size - at) return -EINVAL;
    (*env)->GetLongArrayRegion(env, rules, at, (jsize)(4 * head[2]), body);
    for (int i = 0; i < head[2]; i++) {
      const jlong *from = body + 4 * i;
      arguments[i] = (struct argument){(unsigned int)from[0], (enum compare)from[1],
                                       (uint64_t)from[2], (uint64_t)from[3]};
    }
    const int result = seccomp_rule_add_array(filter, (uint32_t)head[0], (int)head[1],
                                              (unsigned int)head[2], arguments);
    /* Where one call multiplexes many, as socketcall, two rules may become the same; the first one
     * counts. */
    if (result < 0 && result != -EEXIST) return result;
  }
  return 0;
}

/* Compiles a filter and writes the program to a descriptor. place[0] is the rule that failed, or -1. */
JNIEXPORT jint JNICALL Java_dev_carafe_linux_LibSeccomp_compile(JNIEnv *env, jclass type,
                                                                jint action, jint arch,
                                                                jlongArray rules, jint fd,
                                                                jintArray place) {
  (void)type;
  jint rule = -1;
  void *filter = seccomp_init((uint32_t)action);
  if (!filter) return -EINVAL;
  int result = set_arch(filter, (uint32_t)arch);
  if (result == 0) {
    result = add_rules(env, filter, rules, &rule);
    if (result == 0) {
      rule = -1;
      result = seccomp_export_bpf(filter, fd);
    }
  }
  seccomp_release(filter);
  (*env)->SetIntArrayRegion(env, place, 0, 1, &rule);
  return result;
}
