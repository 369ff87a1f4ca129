package dev.carafe.runtime.launch;

import dev.carafe.linux.Agent;
import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Front;
import dev.carafe.linux.Local;
import dev.carafe.linux.Op;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.Ref;
import java.util.Optional;

/**
 * The front of a command: first processes are its children, and inherit its caller's world. When it
 * ends they fall to the caller's subreaper.
 */
public final class FrontCaller implements Caller {
  private final Front front;
  private final Executor host = Local.get();
  private Optional<CallerWorld> world = Optional.empty();

  /** Makes one over a front, which stays its owner's. */
  public FrontCaller(Front front) {
    this.front = front;
  }

  @Override
  public CallerWorld world() {
    if (world.isEmpty()) {
      Front.Hello hello = front.hello();
      world =
          Optional.of(new CallerWorld(hello.limits()::get, hello.openFds(), hello::environment));
    }
    return world.get();
  }

  @Override
  public Executor host() {
    return host;
  }

  @Override
  public ChildAgent spawn(long cloneFlags, Optional<Fd> cgroup, Stdio stdio, String who) {
    if (!(stdio instanceof Stdio.Inherit)) {
      throw new IllegalArgumentException("a command's container has the command's streams");
    }
    Agent child = front.agent().cloneAgent(cloneFlags, cgroup, "make " + who);
    return new AgentChild(child, new TheFront());
  }

  /** Only the front is the parent: it does in our place what only a parent can. */
  private final class TheFront implements AgentChild.Parent {
    @Override
    public void reap(int pid, Optional<PidFd> process) {
      Batch batch = front.agent().batch();
      Ref _ =
          batch.special(
              Op.Kind.WAIT,
              0,
              "wait for process " + pid,
              Arg.of(pid),
              Arg.NONE,
              Arg.ZERO,
              batch.bytes(new byte[0]),
              Arg.ZERO);
      front.agent().run(batch, new Fd[0]);
    }

    /** The front does not wait for it; when the command ends, init does. */
    @Override
    public void reapLater(PidFd process) {
      process.close();
    }

    /** A signal is for the container, and no more for who helped to make it. */
    @Override
    public void adopted(int pid) {
      Batch batch = front.agent().batch();
      Ref _ = batch.special(Op.Kind.MIND, 0, "mind process " + pid, Arg.of(pid));
      front.agent().run(batch, new Fd[0]);
    }
  }

  @Override
  public Executor hookAgent() {
    return front.agent();
  }

  @Override
  public void close() {
    // The front is not ours.
  }
}
