package dev.carafe;

import java.util.OptionalInt;

/** A signal, as {@code kill} sends it. */
public final class Signal {
  /** Asks a program to end. */
  public static final Signal TERM = new Signal(dev.carafe.linux.Signal.SIGTERM);

  /** Ends a program. */
  public static final Signal KILL = new Signal(dev.carafe.linux.Signal.SIGKILL);

  /** What Ctrl-C sends. */
  public static final Signal INT = new Signal(dev.carafe.linux.Signal.SIGINT);

  private final int number;

  private Signal(int number) {
    this.number = number;
  }

  /**
   * Returns the signal of a number, 0 to 64; 0 only asks whether one could be sent.
   *
   * @throws InvalidInputException if there is no such signal
   */
  public static Signal of(int number) {
    if (number < 0 || number > dev.carafe.linux.Signal.SIGRTMAX) {
      throw new InvalidInputException("unknown signal \"" + number + "\"");
    }
    return new Signal(number);
  }

  /**
   * Returns the signal of a name or number: {@code KILL}, {@code sigterm}, {@code RTMIN+3}, {@code
   * 9}.
   *
   * @throws InvalidInputException if there is no such signal
   */
  public static Signal of(String name) {
    OptionalInt number = dev.carafe.linux.Signal.parse(name);
    if (number.isEmpty()) {
      throw new InvalidInputException("unknown signal \"" + name + "\"");
    }
    return new Signal(number.getAsInt());
  }

  /** Returns the number. */
  public int number() {
    return number;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Signal signal && signal.number == number;
  }

  @Override
  public int hashCode() {
    return number;
  }

  @Override
  public String toString() {
    return dev.carafe.linux.Signal.name(number);
  }
}
