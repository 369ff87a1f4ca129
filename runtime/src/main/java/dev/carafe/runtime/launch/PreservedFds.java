package dev.carafe.runtime.launch;

import dev.carafe.CarafeException;
import dev.carafe.linux.Arg;
import dev.carafe.linux.Calls;

/** The descriptors of the caller's that a process of a container gets. */
final class PreservedFds {
  private PreservedFds() {}

  /** Refuses to preserve what is not open, in runc's words. */
  static void check(Caller caller, LaunchOptions options) {
    int count = options.preserveFds();
    // Counted from 0, as the count may be as large as a number can be.
    for (int i = 0; i < count; i++) {
      int fd = 3 + i;
      if (!caller.world().openFds().contains(fd)) {
        throw new CarafeException(
            "unable to stat preserved-fd "
                + (fd - 2)
                + " (of "
                + count
                + "): descriptor "
                + fd
                + " is not open");
      }
    }
  }

  /** Adds what closes all others of the caller's in an agent that inherited them. */
  static void closeOthers(Calls calls, Caller caller, LaunchOptions options) {
    for (int fd : caller.world().openFds()) {
      if (fd >= 3 + options.preserveFds()) {
        calls.trying().close("close the caller's descriptor " + fd, Arg.of(fd));
      }
    }
  }
}
