package dev.carafe.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * Reads a reply in the wire format. It may come from inside a container, so every length is held
 * against the batch that was asked for.
 */
final class ReplyReader {
  static final int HEADER_SIZE = 32;
  static final int MAX_FDS = 16;

  /** As many as the kernel lets one message carry (SCM_MAX_FD). */
  private static final int MAX_PASSED = 253;

  /** The most bytes of an answer that tells of a failure of a batch that is not known here. */
  static final int MAX_FAILURE = 1024 * 1024;

  private static final int MAX_LABEL = 64 * 1024;
  private static final int MAX_ERRNO = 65536 + 65535;

  private final Batch batch;
  private final ByteBuffer from;
  private final int failedOp;
  private final int errno;
  private final int resultCount;
  private final int outBytes;
  private final int fdCount;
  private final int labelLength;

  /**
   * Reads the header.
   *
   * @throws AgentLostException if this is no answer to {@code batch}
   */
  ReplyReader(Batch batch, byte[] answer) {
    this.batch = batch;
    if (answer.length < HEADER_SIZE) {
      throw malformed("it has " + answer.length + " bytes");
    }
    from = ByteBuffer.wrap(answer).order(ByteOrder.nativeOrder());
    int size = from.getInt();
    failedOp = from.getInt();
    errno = from.getInt();
    int completedOps = from.getInt();
    resultCount = from.getInt();
    outBytes = from.getInt();
    fdCount = from.getInt();
    labelLength = from.getInt();
    int ops = batch.size();
    check(size == answer.length, "its size");
    check(failedOp >= -1 && failedOp < Math.max(ops, 1), "its failed operation");
    check(completedOps >= 0 && completedOps <= ops, "its completed operations");
    check(resultCount >= 0 && resultCount <= ops, "its results");
    check(outBytes >= 0 && outBytes <= batch.outputBytes(), "its output");
    check(fdCount >= 0 && fdCount <= MAX_FDS, "its descriptors");
    check(labelLength >= 0 && labelLength <= MAX_LABEL, "its label");
    check((long) HEADER_SIZE + 8L * resultCount + outBytes + labelLength == size, "its parts");
    check(errno >= 0 && errno <= MAX_ERRNO, "its error number");
    if (errno == 0) {
      check(failedOp == -1 && resultCount == ops && completedOps == ops, "its count of results");
      check(outBytes == batch.outputBytes(), "its output");
    } else {
      check(fdCount == 0, "its descriptors");
    }
  }

  /** Returns how many operations were performed, or skipped, without a failure. */
  int completed() {
    return resultCount;
  }

  /** Returns the result of one of the completed operations. */
  long result(int op) {
    return from.getLong(HEADER_SIZE + 8 * op);
  }

  /** Returns the most bytes that an answer to {@code batch} can have. */
  static int limit(Batch batch) {
    return HEADER_SIZE + 8 * batch.size() + batch.outputBytes() + MAX_LABEL;
  }

  /** Returns the numbers of the descriptors to pass. */
  static int[] numbers(Batch batch, Fd[] passed) {
    if (passed.length != batch.passedCount()) {
      throw new IllegalArgumentException(
          "the batch declares "
              + batch.passedCount()
              + " descriptors, "
              + passed.length
              + " were given");
    }
    if (passed.length > MAX_PASSED) {
      throw new IllegalArgumentException("a batch carries at most " + MAX_PASSED + " descriptors");
    }
    int[] numbers = new int[passed.length];
    for (int i = 0; i < passed.length; i++) {
      numbers[i] = passed[i].number();
    }
    return numbers;
  }

  /** Reads the error from an answer to a batch that is not known here. */
  static KernelException failure(byte[] answer, String operation) {
    int errno = Bytes.getInt(answer, 8);
    int resultCount = Bytes.getInt(answer, 16);
    int outBytes = Bytes.getInt(answer, 20);
    int labelLength = Bytes.getInt(answer, 28);
    check(errno > 0 && errno <= MAX_ERRNO, "its error number");
    check(resultCount >= 0 && outBytes >= 0 && labelLength >= 0, "its parts");
    long labelAt = HEADER_SIZE + 8L * resultCount + outBytes;
    check(labelAt + labelLength == answer.length, "its parts");
    String label =
        labelLength == 0
            ? operation
            : printable(Arrays.copyOfRange(answer, (int) labelAt, answer.length));
    return new KernelException(label, errno);
  }

  int fdCount() {
    return fdCount;
  }

  boolean failed() {
    return errno != 0;
  }

  /** Returns the results, or throws the error. */
  Reply reply(List<Fd> descriptors) {
    if (errno != 0) {
      byte[] label = new byte[labelLength];
      from.get(HEADER_SIZE + 8 * resultCount + outBytes, label);
      throw new KernelException(operation(label), errno);
    }
    long[] results = Bytes.getLongs(from.array(), HEADER_SIZE, resultCount);
    int at = HEADER_SIZE + 8 * resultCount;
    return new Reply(results, Arrays.copyOfRange(from.array(), at, at + outBytes), descriptors);
  }

  /** The label comes back for a nested batch; else it is better known here. */
  private String operation(byte[] label) {
    if (label.length > 0) {
      return printable(label);
    }
    return failedOp >= 0 && failedOp < batch.size() ? batch.op(failedOp).label : "run a batch";
  }

  /**
   * A label from elsewhere ends up on terminals and in logs, so it loses its control characters.
   */
  static String printable(byte[] label) {
    int end = label.length;
    while (end > 0 && label[end - 1] == 0) {
      end--;
    }
    for (int i = 0; i < end; i++) {
      if ((label[i] >= 0 && label[i] < ' ') || label[i] == 0x7f) {
        label[i] = '?';
      }
    }
    return OsString.decode(label, 0, end);
  }

  private static void check(boolean holds, String what) {
    if (!holds) {
      throw malformed(what + " cannot be right");
    }
  }

  private static AgentLostException malformed(String why) {
    return new AgentLostException(
        "read the answer of an agent", Errno.EPROTO, "it is malformed, " + why);
  }
}
