package dev.carafe.linux;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * An open file descriptor that has one owner, who closes it. Closing twice, also from two threads,
 * is safe. There is no finalizer: what is not closed stays open.
 *
 * <p>The owner sees to it that nobody uses {@link #number} while it closes.
 */
public final class Fd implements AutoCloseable {
  private static final int CLOSED = -1;
  private static final int AT_FDCWD = -100;
  private static final AtomicInteger OPEN = new AtomicInteger();

  /**
   * The working directory, where a call takes a directory to start from. Closing it does nothing.
   */
  public static final Fd CWD = new Fd(AT_FDCWD);

  private final AtomicInteger number;

  private Fd(int number) {
    this.number = new AtomicInteger(number);
  }

  /** Takes ownership of an open descriptor. */
  public static Fd own(int number) {
    if (number < 0) {
      throw new IllegalArgumentException("not a descriptor: " + number);
    }
    OPEN.incrementAndGet();
    return new Fd(number);
  }

  /** Leaves this out of the count, because it stays open as long as this JVM. */
  Fd keep() {
    OPEN.decrementAndGet();
    return this;
  }

  /** Returns how many descriptors are open in this JVM through this class, for tests of leaks. */
  public static int openCount() {
    return OPEN.get();
  }

  /**
   * Returns the descriptor's number.
   *
   * @throws IllegalStateException if it was closed
   */
  public int number() {
    int value = number.get();
    if (value == CLOSED) {
      throw new IllegalStateException("the descriptor was closed");
    }
    return value;
  }

  /** Returns whether this was not closed yet. */
  public boolean isOpen() {
    return number.get() != CLOSED;
  }

  /** Gives the ownership away: returns the number, and this counts as closed. */
  public int release() {
    int value = number();
    if (value == AT_FDCWD || !number.compareAndSet(value, CLOSED)) {
      throw new IllegalStateException("the descriptor cannot be given away");
    }
    OPEN.decrementAndGet();
    return value;
  }

  /** Closes the descriptor, if it is open. */
  @Override
  public void close() {
    int value = number.get();
    if (value >= 0 && number.compareAndSet(value, CLOSED)) {
      OPEN.decrementAndGet();
      // Linux frees the number even when close answers an error, EINTR too: never call it twice.
      long _ = Native.call(Syscall.CLOSE, Native.NO_DATA, 0, value, 0, 0, 0, 0, 0);
    }
  }

  @Override
  public String toString() {
    int value = number.get();
    return value == CLOSED ? "closed descriptor" : value == AT_FDCWD ? "." : "fd " + value;
  }
}
