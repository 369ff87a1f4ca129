package dev.carafe.linux;

import java.nio.ByteBuffer;
import java.util.List;

/** The results of a batch that was performed without an error. */
public final class Reply {
  private final long[] results;
  private final byte[] outputs;
  private final List<Fd> descriptors;

  /**
   * Makes a reply.
   *
   * @param results one result for each operation; 0 for one that was skipped
   * @param outputs the bytes of all outputs, one after the other
   * @param descriptors the descriptors that operations sent, in their order
   */
  public Reply(long[] results, byte[] outputs, List<Fd> descriptors) {
    this.results = results;
    this.outputs = outputs;
    this.descriptors = descriptors;
  }

  /**
   * Returns the result of an operation of this batch; of an optional one, maybe minus its errno.
   */
  public long value(Ref ref) {
    return results[ref.op];
  }

  /** Returns the bytes of the {@code index}th {@link Batch#output}, from 0. */
  public ByteBuffer output(Batch batch, int index) {
    int at = 0;
    for (int i = 0; i < index; i++) {
      at += batch.outputLength(i);
    }
    return ByteBuffer.wrap(outputs, at, batch.outputLength(index))
        .slice()
        .order(java.nio.ByteOrder.nativeOrder());
  }

  /** Returns the descriptors that operations sent, in their order. The caller owns them. */
  public List<Fd> descriptors() {
    return descriptors;
  }
}
