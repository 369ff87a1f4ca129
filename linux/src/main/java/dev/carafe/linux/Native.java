package dev.carafe.linux;

import org.jspecify.annotations.Nullable;

/**
 * The native methods, in {@code src/main/native/jni.c}. All return a value that is not negative, or
 * minus an errno.
 */
final class Native {
  static final byte[] NO_DATA = {};
  static final int[] NO_FDS = {};

  static {
    NativeLibrary.load();
  }

  private Native() {}

  /**
   * Performs an encoded batch in this process and returns the encoded reply; null if the batch is
   * malformed.
   */
  static native byte @Nullable [] run(byte[] batch, long[] registers, int[] passedFds);

  /**
   * Makes one system call. An argument whose bit is set in {@code pointerMask} is an offset in
   * {@code data}, which is copied in and back. EINTR is returned, not retried.
   */
  static native long call(
      int nr, byte[] data, int pointerMask, long a0, long a1, long a2, long a3, long a4, long a5);

  /** Sends bytes, and descriptors with the first of them; returns how many bytes went. */
  static native long send(int socket, byte[] data, int offset, int length, int[] fds);

  /** Receives bytes; received descriptors fill {@code fds}, whose rest becomes -1. */
  static native long receive(int socket, byte[] into, int offset, int length, int[] fds);

  /**
   * Starts a program from an open file. {@code argv} and {@code env} are strings that each end with
   * a NUL; {@code fds[i]} becomes descriptor i. It starts in the cgroup of version 2 that {@code
   * cgroup} is, if that is not negative. Returns its process id.
   */
  static native int spawn(
      long cloneFlags, int cgroup, int exeFd, byte[] argv, byte[] env, int[] fds, int[] pidfdOut);
}
