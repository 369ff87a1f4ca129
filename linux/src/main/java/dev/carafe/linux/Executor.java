package dev.carafe.linux;

/**
 * Performs batches of system calls: this process itself ({@link Local}), an {@link Agent} in
 * another process, or a recorder that performs nothing.
 */
public interface Executor {

  /** Returns a new, empty batch for this executor; its registers are this executor's. */
  Batch batch();

  /**
   * Performs {@code batch}, stopping at its first error.
   *
   * @param passed descriptors to hand over with the batch; the caller keeps its own. They are
   *     reached by {@link Batch#passed}, in this order.
   * @return the results
   * @throws KernelException if an operation that is not optional failed, with its label and errno
   */
  Reply run(Batch batch, Fd... passed);
}
