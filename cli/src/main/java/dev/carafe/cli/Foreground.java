package dev.carafe.cli;

import dev.carafe.CarafeException;
import dev.carafe.DeleteMode;
import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Front;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Syscall;
import dev.carafe.linux.WaitStatus;
import dev.carafe.runtime.container.ContainerHandle;
import dev.carafe.runtime.container.NotifySocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A container that the command waits for: it is started, the front waits for its end, and then it
 * is deleted.
 */
final class Foreground {
  /** How long this JVM stays for the end. After that the memory is worth more than a quick end. */
  static final long STAY_MILLIS = 1000;

  /** Signals that tell of an error of one's own, that end nobody, or that nobody can hold. */
  private static final long NOT_HELD =
      bits(4, 5, 6, 7, 8, 9, 11, 13, 17, 18, 19, 20, 21, 22, 23, 24, 25, 28, 31);

  private static final int BLOCK = 0;
  private static final int SET = 2;

  private final Session session;
  private final ContainerHandle container;
  private final boolean keep;
  private final int flags;

  /**
   * @param container a created one
   * @param keep whether it stays when it has ended
   * @param flags what the front does while it waits, see {@link Front#startWaiting}
   */
  Foreground(Session session, ContainerHandle container, boolean keep, int flags) {
    this.session = session;
    this.container = container;
    this.keep = keep;
    this.flags = flags;
  }

  /**
   * Keeps signals that would end the front from doing so, until the wait hands them on. Else Ctrl-C
   * in a bad moment would leave a container behind.
   */
  static void holdSignals(Front front) {
    setMask(front, BLOCK, ~NOT_HELD, "hold signals");
  }

  /** Lets signals end the front again, also one that came meanwhile. */
  static void releaseSignals(Front front) {
    setMask(front, SET, front.hello().signalMask(), "release signals");
  }

  private static void setMask(Front front, int how, long mask, String label) {
    byte[] set =
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder()).putLong(mask).array();
    Batch batch = front.agent().batch();
    Ref _ =
        batch.call(
            label,
            Syscall.RT_SIGPROCMASK,
            Arg.of(how),
            batch.bytes(set, "a set of signals"),
            Arg.of(0),
            Arg.of(Long.BYTES));
    Reply _ = front.agent().run(batch);
  }

  private static long bits(int... signals) {
    long all = 0;
    for (int signal : signals) {
      all |= 1L << (signal - 1);
    }
    return all;
  }

  /** Starts it, waits, deletes it; returns the exit code. */
  int run() {
    OptionalInt pid;
    Optional<NotifySocket> notify = Optional.empty();
    try {
      pid = container.state().pid();
      notify = Creating.listen(session, container);
      container.start();
    } catch (CarafeException e) {
      Creating.delete(session, container);
      throw e;
    }
    return await(pid, notify);
  }

  /** Waits for one that runs already, deletes it; returns the exit code. */
  int await() {
    return await(container.firstProcess(), Optional.empty());
  }

  private int await(OptionalInt pid, Optional<NotifySocket> notify) {
    if (pid.isEmpty()) {
      Creating.delete(session, container);
      throw new CommandException(
          "container \"" + container.id() + "\" ended before it could be started");
    }
    int relay = container.terminal().isPresent() ? Front.RELAY_TERMINAL : 0;
    Front.Waiting waiting =
        session
            .front()
            .startWaiting(pid.getAsInt(), container.terminal(), flags | relay, successor());
    if (notify.isPresent()) {
      handOn(notify.get());
    }
    OptionalInt status = waiting.status(STAY_MILLIS);
    if (status.isEmpty()) {
      // The front goes on alone, and calls FinishCommand in a new JVM when the container has ended.
      Runtime.getRuntime().halt(0);
    }
    return finish(session, container, keep, status.orElseThrow());
  }

  /** While this lasts, signals go to the container already. */
  private void handOn(NotifySocket notify) {
    try (notify) {
      notify.handOn(session.environment(Creating.NOTIFY_SOCKET).orElseThrow());
    } catch (KernelException e) {
      session.log().warning("the service manager was not told: " + e.getMessage());
    }
  }

  private List<String> successor() {
    List<String> words = new ArrayList<>();
    words.add("carafe");
    GlobalFlags global = session.flags();
    for (String name : List.of("log", "log-format")) {
      if (!global.value(name).isEmpty()) {
        words.add("--" + name + "=" + global.value(name));
      }
    }
    words.add("--root=" + session.root());
    words.add(FinishCommand.NAME);
    if (keep) {
      words.add("--keep");
    }
    words.add(container.id().value());
    words.add(container.instance());
    return words;
  }

  /** Does what is left when the container has ended; returns the exit code. */
  static int finish(Session session, ContainerHandle container, boolean keep, int rawStatus) {
    try {
      if (keep) {
        session.carafe().recordExit(container, rawStatus);
      } else {
        container.delete(DeleteMode.FORCE);
      }
    } catch (CarafeException e) {
      // The container's exit code is what the caller waited for.
      session.log().error(CommandLine.message(e));
    }
    return WaitStatus.exitCode(rawStatus);
  }
}
