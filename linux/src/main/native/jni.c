/*
 * The native methods of dev.carafe.linux.Native. They return a value of at least 0 or minus an errno
 * and throw nothing. No C library is linked, so that one file serves glibc and musl; jni.h is only
 * types. Arrays are copied, never pinned: a call may block, and must not hold up the collector.
 */
#include <jni.h>
#include <linux/sched.h>

#include "batch.h"
#include "spawn.h"

/* Memory for one call: on the stack when it is small. */
struct room {
  char small[8192] __attribute__((aligned(16)));
  char *at;
  size_t size;
};

static bool take(struct room *room, size_t size) {
  room->size = size;
  room->at = size <= sizeof room->small ? room->small : pages(size);
  return !failed(room->at);
}

static void give_back(struct room *room) {
  if (room->at != room->small && !failed(room->at)) release(room->at, room->size);
}

/* Performs the batch in `message`; returns the reply in `reply`, or false if it is malformed. */
static bool perform(JNIEnv *env, struct room *message, jlongArray registers, jintArray passed,
                    struct room *reply) {
  int64_t values[REGISTERS];
  struct batch batch;
  jsize count = (*env)->GetArrayLength(env, registers);
  if (count > REGISTERS) count = REGISTERS;
  if (!batch_open(&batch, message->at, (uint32_t)message->size, (uint32_t)count)) return false;
  if ((uint32_t)(*env)->GetArrayLength(env, passed) != batch.head->passed_count) return false;
  if (!take(reply, batch_reply_bound(&batch))) return false;
  (*env)->GetLongArrayRegion(env, registers, 0, count, (jlong *)values);
  int fds[PASSED_LIMIT];
  (*env)->GetIntArrayRegion(env, passed, 0, (jsize)batch.head->passed_count, fds);
  for (uint32_t i = 0; i < batch.head->passed_count; i++)
    values[batch.head->passed_base + i] = fds[i];
  struct executor executor = {.registers = values, .register_count = (uint32_t)count};
  batch_run(&batch, &executor, (struct reply *)reply->at);
  (*env)->SetLongArrayRegion(env, registers, 0, count, (jlong *)values);
  return true;
}

/* Returns the reply, or null for a malformed batch. */
JNIEXPORT jbyteArray JNICALL Java_dev_carafe_linux_Native_run(JNIEnv *env, jclass type,
                                                              jbyteArray batch,
                                                              jlongArray registers,
                                                              jintArray passed) {
  (void)type;
  struct room message, reply = {.at = reply.small};
  jbyteArray result = NULL;
  if (!take(&message, (size_t)(*env)->GetArrayLength(env, batch))) return NULL;
  (*env)->GetByteArrayRegion(env, batch, 0, (jsize)message.size, (jbyte *)message.at);
  if (perform(env, &message, registers, passed, &reply)) {
    const jsize size = (jsize)((struct reply *)reply.at)->size;
    result = (*env)->NewByteArray(env, size);
    if (result) (*env)->SetByteArrayRegion(env, result, 0, size, (jbyte *)reply.at);
    give_back(&reply);
  }
  give_back(&message);
  return result;
}

JNIEXPORT jlong JNICALL Java_dev_carafe_linux_Native_call(JNIEnv *env, jclass type, jint nr,
                                                          jbyteArray data, jint pointers, jlong a0,
                                                          jlong a1, jlong a2, jlong a3, jlong a4,
                                                          jlong a5) {
  (void)type;
  struct room room;
  jlong args[6] = {a0, a1, a2, a3, a4, a5};
  const jsize size = (*env)->GetArrayLength(env, data);
  if (!take(&room, (size_t)size)) return -ENOMEM;
  if (size) (*env)->GetByteArrayRegion(env, data, 0, size, (jbyte *)room.at);
  for (int i = 0; i < 6; i++) {
    if (!(pointers >> i & 1)) continue;
    if (args[i] < 0 || args[i] > size) {
      give_back(&room);
      return -EFAULT;
    }
    args[i] += (jlong)(uintptr_t)room.at;
  }
  jlong result = sys(nr, args[0], args[1], args[2], args[3], args[4], args[5]);
  if (size) (*env)->SetByteArrayRegion(env, data, 0, size, (jbyte *)room.at);
  give_back(&room);
  return result;
}

static bool within(JNIEnv *env, jbyteArray bytes, jint offset, jint length) {
  return offset >= 0 && length >= 0 && length <= (*env)->GetArrayLength(env, bytes) - offset;
}

JNIEXPORT jlong JNICALL Java_dev_carafe_linux_Native_send(JNIEnv *env, jclass type, jint socket,
                                                          jbyteArray bytes, jint offset,
                                                          jint length, jintArray fds) {
  (void)type;
  struct room room;
  int numbers[PASSED_LIMIT];
  const jsize count = (*env)->GetArrayLength(env, fds);
  if (!within(env, bytes, offset, length) || count > PASSED_LIMIT) return -EINVAL;
  if (!take(&room, (size_t)length)) return -ENOMEM;
  (*env)->GetByteArrayRegion(env, bytes, offset, length, (jbyte *)room.at);
  (*env)->GetIntArrayRegion(env, fds, 0, count, numbers);
  jlong sent = send_fds(socket, room.at, (size_t)length, numbers, (uint32_t)count, 0);
  give_back(&room);
  return sent;
}

/* Descriptors that came are close-on-exec; what has no room in fds is closed; the rest of fds is -1. */
JNIEXPORT jlong JNICALL Java_dev_carafe_linux_Native_receive(JNIEnv *env, jclass type, jint socket,
                                                             jbyteArray into, jint offset,
                                                             jint length, jintArray fds) {
  (void)type;
  struct room room;
  int numbers[PASSED_LIMIT];
  jsize places = (*env)->GetArrayLength(env, fds);
  if (!within(env, into, offset, length) || places > PASSED_LIMIT) return -EINVAL;
  if (!take(&room, (size_t)length)) return -ENOMEM;
  uint32_t count = (uint32_t)places;
  jlong received = receive_fds(socket, room.at, (size_t)length, numbers, &count, 0);
  if (received > 0)
    (*env)->SetByteArrayRegion(env, into, offset, (jsize)received, (jbyte *)room.at);
  for (jsize i = (jsize)count; i < places; i++) numbers[i] = -1;
  (*env)->SetIntArrayRegion(env, fds, 0, places, numbers);
  give_back(&room);
  return received;
}

/* NUL-ended strings, and an array of pointers to them that a null pointer ends. */
struct strings {
  struct room bytes;
  struct room pointers;
};

static char **take_strings(JNIEnv *env, jbyteArray from, struct strings *s) {
  const size_t size = (size_t)(*env)->GetArrayLength(env, from);
  size_t count = 2; /* a last string without an end, and the null pointer */
  if (!take(&s->bytes, size + 1)) return NULL;
  (*env)->GetByteArrayRegion(env, from, 0, (jsize)size, (jbyte *)s->bytes.at);
  s->bytes.at[size] = 0;
  for (size_t i = 0; i < size; i++) count += s->bytes.at[i] == 0;
  if (!take(&s->pointers, count * sizeof(char *))) {
    give_back(&s->bytes);
    return NULL;
  }
  char **next = (char **)s->pointers.at;
  for (size_t i = 0; i < size; i += length_of(s->bytes.at + i, size - i) + 1)
    *next++ = s->bytes.at + i;
  *next = NULL;
  return (char **)s->pointers.at;
}

static void give_back_strings(struct strings *s) {
  give_back(&s->bytes);
  give_back(&s->pointers);
}

JNIEXPORT jint JNICALL Java_dev_carafe_linux_Native_spawn(JNIEnv *env, jclass type, jlong flags,
                                                          jint cgroup, jint exe,
                                                          jbyteArray argv, jbyteArray envp,
                                                          jintArray fds, jintArray pidfd) {
  (void)type;
  struct strings arguments, variables;
  int numbers[SPAWN_FDS], pidfd_number = -1;
  const jsize count = (*env)->GetArrayLength(env, fds);
  if (count > SPAWN_FDS || (*env)->GetArrayLength(env, pidfd) < 1) return -EINVAL;
  (*env)->GetIntArrayRegion(env, fds, 0, count, numbers);
  char **argv_list = take_strings(env, argv, &arguments);
  if (!argv_list) return -ENOMEM;
  char **env_list = take_strings(env, envp, &variables);
  jint pid = -ENOMEM;
  if (env_list) {
    struct spawn s = {
        .exe_fd = exe, .argv = argv_list, .envp = env_list, .fds = numbers, .fd_count = count};
    struct clone_args args = {.flags = (uint64_t)flags | CLONE_PIDFD,
                              .pidfd = (uintptr_t)&pidfd_number};
    clone_into(&args, cgroup);
    pid = (jint)spawn(&s, args);
    give_back_strings(&variables);
  }
  give_back_strings(&arguments);
  if (pid >= 0) (*env)->SetIntArrayRegion(env, pidfd, 0, 1, &pidfd_number);
  return pid;
}
