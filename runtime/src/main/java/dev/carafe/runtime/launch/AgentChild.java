package dev.carafe.runtime.launch;

import dev.carafe.CarafeException;
import dev.carafe.linux.Agent;
import dev.carafe.linux.Batch;
import dev.carafe.linux.CloneFlags;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Signal;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.state.ProcessIdentity;
import java.util.Optional;
import java.util.function.Consumer;

/** A real agent that was started for a launch. */
final class AgentChild implements ChildAgent {
  private static final long HELD_MILLIS = 2000;
  private static final long KILLED_MILLIS = 100;

  private final Agent agent;
  private final Parent parent;

  /** Who the kernel lets wait for the agent's end. */
  interface Parent {
    /** Waits for the end of a process that is about to end, and reaps it. */
    void reap(int pid, Optional<PidFd> process);

    /** The same at some later time, for one whose end may be far; takes over the process. */
    void reapLater(PidFd process);

    /** Is told of a child that an agent of its own has made for it. */
    default void adopted(int pid) {}
  }

  AgentChild(Agent agent, Parent parent) {
    this.agent = agent;
    this.parent = parent;
  }

  @Override
  public int pid() {
    return agent.pid();
  }

  @Override
  public ProcessIdentity identity() {
    // While nobody has waited for it the number is still its own, even when it has ended.
    return ProcessIdentity.of(agent.pid())
        .orElseThrow(() -> new CarafeException("process " + agent.pid() + " is gone"));
  }

  @Override
  public Optional<PidFd> detachProcess() {
    return agent.detachProcess();
  }

  @Override
  public ChildAgent cloneSibling(long flags, Optional<Fd> cgroup, String who) {
    Agent sibling = agent.cloneAgent(flags | CloneFlags.PARENT, cgroup, "make " + who);
    ChildAgent child = new AgentChild(sibling, parent);
    boolean done = false;
    try {
      parent.adopted(sibling.pid());
      done = true;
      return child;
    } finally {
      if (!done) {
        child.kill();
      }
    }
  }

  @Override
  public void exec(Batch batch, Consumer<Fd> listener) {
    agent.exec(batch, listener);
  }

  @Override
  public void awaitHeld() {
    // It closes its end of the socket just after its answer.
    Sys.poll(agent.socket(), Sys.POLLIN, HELD_MILLIS);
  }

  @Override
  public void dismiss() {
    Optional<PidFd> process = agent.detachProcess();
    agent.close();
    reap(process);
  }

  @Override
  public void kill() {
    Optional<PidFd> process = agent.detachProcess();
    agent.close();
    if (process.isPresent()) {
      process.get().signal(Signal.SIGKILL);
    }
    reap(process);
  }

  @Override
  public void abandon() {
    Optional<PidFd> process = agent.detachProcess();
    agent.close();
    if (process.isEmpty()) {
      return;
    }
    process.get().signal(Signal.SIGKILL);
    if (process.get().waitExit(KILLED_MILLIS)) {
      reap(process);
    } else {
      parent.reapLater(process.get());
    }
  }

  private void reap(Optional<PidFd> process) {
    try {
      parent.reap(agent.pid(), process);
    } catch (KernelException e) {
      // Whoever else could wait for it has done so: it is gone, as it should be.
    } finally {
      process.ifPresent(PidFd::close);
    }
  }

  @Override
  public void close() {
    agent.close();
  }

  @Override
  public Batch batch() {
    return agent.batch();
  }

  @Override
  public Reply run(Batch batch, Fd... passed) {
    return agent.run(batch, passed);
  }

  @Override
  public Reply runWithin(long millis, Batch batch, Fd... passed) {
    return agent.runWithin(millis, batch, passed);
  }
}
