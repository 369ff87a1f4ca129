package dev.carafe;

/** How a container's first process ended. */
public sealed interface ExitStatus {

  /** It exited by itself. */
  record Exited(int code) implements ExitStatus {
    @Override
    public int shellCode() {
      return code;
    }
  }

  /** A signal ended it. */
  record Signalled(int signal) implements ExitStatus {
    @Override
    public int shellCode() {
      return 128 + signal;
    }
  }

  /** It ended, and nobody who could know how has told. */
  record Unknown() implements ExitStatus {
    @Override
    public int shellCode() {
      return 255;
    }
  }

  /** The one that is not known. */
  ExitStatus UNKNOWN = new Unknown();

  /** Returns the exit code as a shell tells it: 128 + n for signal n, and 255 for unknown. */
  int shellCode();

  /** Returns the status for a raw one, as {@code wait4(2)} gives it. */
  static ExitStatus ofRaw(int raw) {
    int signal = raw & 0x7f;
    return signal != 0 ? new Signalled(signal) : new Exited((raw >> 8) & 0xff);
  }
}
