package dev.carafe.runtime.container;

import dev.carafe.StreamMode;
import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Data;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Local;
import dev.carafe.linux.Open;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Syscall;
import dev.carafe.runtime.launch.Stdio;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The pipes that a container's streams are. Closed, both ends are, but for those taken. */
final class Pipes implements AutoCloseable {
  private final List<Fd> theirs = new ArrayList<>(3);
  private Streams ours = Streams.NONE;

  /** Makes what a request asks for. */
  Stdio stdio(StreamMode stdin, StreamMode stdout, StreamMode stderr) {
    if (stdin == StreamMode.INHERIT
        && stdout == StreamMode.INHERIT
        && stderr == StreamMode.INHERIT) {
      return new Stdio.Inherit();
    }
    Optional<Fd> in = stream(stdin, 0);
    Optional<Fd> out = stream(stdout, 1);
    Optional<Fd> err = stream(stderr, 2);
    return new Stdio.Streams(in, out, err);
  }

  private Optional<Fd> stream(StreamMode mode, int number) {
    return switch (mode) {
      case NONE -> Optional.empty();
      case INHERIT -> keep(inherited(number));
      case PIPE -> keep(pipe(number));
    };
  }

  private Optional<Fd> keep(Fd fd) {
    theirs.add(fd);
    return Optional.of(fd);
  }

  private static Fd inherited(int number) {
    Fd own = Fd.own(number);
    try {
      return dev.carafe.linux.Sys.dup(own);
    } finally {
      // It is the JVM's: only looked at.
      int ignored = own.release();
    }
  }

  /** Makes a pipe, keeps our end, and returns theirs. */
  private Fd pipe(int number) {
    Local local = Local.get();
    Batch batch = local.batch();
    Data ends = batch.space(8);
    Ref ignored = batch.call("make a pipe", Syscall.PIPE2, ends, Arg.of(Open.CLOEXEC));
    int output = batch.output(ends);
    Reply reply = local.run(batch);
    ByteBuffer numbers = reply.output(batch, output);
    Fd reading = Fd.own(numbers.getInt());
    Fd writing = Fd.own(numbers.getInt());
    ours =
        switch (number) {
          case 0 -> new Streams(Optional.of(writing), ours.out(), ours.err(), ours.terminal());
          case 1 -> new Streams(ours.in(), Optional.of(reading), ours.err(), ours.terminal());
          default -> new Streams(ours.in(), ours.out(), Optional.of(reading), ours.terminal());
        };
    return number == 0 ? reading : writing;
  }

  /** Gives our ends away. */
  Streams takeOurs() {
    Streams taken = ours;
    ours = Streams.NONE;
    return taken;
  }

  @Override
  public void close() {
    for (int i = 0; i < theirs.size(); i++) {
      theirs.get(i).close();
    }
    ours.close();
  }
}
