package dev.carafe.runtime.launch;

import dev.carafe.linux.Agent;
import dev.carafe.linux.CloneFlags;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Front;
import dev.carafe.linux.Local;
import dev.carafe.linux.OsString;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.Spawner;
import dev.carafe.linux.Sys;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A JVM that uses the API: first processes are its own children. */
public final class JvmCaller implements Caller {
  private static final int ENVIRONMENT_MAX = 16 * 1024 * 1024;

  private final Executor host = Local.get();
  private Optional<CallerWorld> world = Optional.empty();
  private Optional<ChildAgent> hookAgent = Optional.empty();

  /** Makes one, for one operation. */
  public JvmCaller() {}

  @Override
  public CallerWorld world() {
    if (world.isEmpty()) {
      // No descriptor of a JVM ever reaches a container.
      world = Optional.of(new CallerWorld(JvmCaller::limit, List.of(), JvmCaller::environment));
    }
    return world.get();
  }

  private static Front.Limit limit(int resource) {
    long[] own = Sys.prlimit(0, resource);
    return new Front.Limit(own[0], own[1]);
  }

  private static List<String> environment() {
    byte[] bytes = Sys.tryReadFile("/proc/self/environ", ENVIRONMENT_MAX).orElse(new byte[0]);
    List<String> all = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == 0) {
        all.add(OsString.decode(bytes, from, i - from));
        from = i + 1;
      }
    }
    return all;
  }

  @Override
  public Executor host() {
    return host;
  }

  @Override
  public ChildAgent spawn(long cloneFlags, Optional<Fd> cgroup, Stdio stdio, String who) {
    if ((cloneFlags & CloneFlags.NEWUSER) == 0) {
      return exec(cloneFlags, cgroup, stdio);
    }
    // An agent of ours begins with an exec. In a user namespace without id maps, which can only be
    // written later, that takes all capabilities away (user_namespaces(7)); a clone does not.
    ChildAgent middle = exec(0, Optional.empty(), stdio);
    try {
      return middle.cloneSibling(cloneFlags, cgroup, who);
    } finally {
      middle.dismiss();
    }
  }

  private static ChildAgent exec(long cloneFlags, Optional<Fd> cgroup, Stdio stdio) {
    if (stdio instanceof Stdio.Streams streams) {
      return child(
          Spawner.spawn(cloneFlags, cgroup, streams.in(), streams.out(), streams.err(), List.of()));
    }
    Fd in = Fd.own(0);
    Fd out = Fd.own(1);
    Fd err = Fd.own(2);
    try {
      return child(
          Spawner.spawn(
              cloneFlags, cgroup, Optional.of(in), Optional.of(out), Optional.of(err), List.of()));
    } finally {
      int _ = in.release() + out.release() + err.release();
    }
  }

  private static ChildAgent child(Agent agent) {
    return new AgentChild(agent, new ThisJvm());
  }

  private static final class ThisJvm implements AgentChild.Parent {
    @Override
    public void reap(int pid, Optional<PidFd> process) {
      process.ifPresent(PidFd::reap);
    }

    @Override
    public void reapLater(PidFd process) {
      Thread _ =
          Thread.ofPlatform()
              .daemon()
              .name("carafe-reaper-of-an-agent")
              .start(() -> {
                try (process) {
                  int _ = process.reap();
                }
              });
    }
  }

  @Override
  public Executor hookAgent() {
    if (hookAgent.isEmpty()) {
      Stdio none = new Stdio.Streams(Optional.empty(), Optional.empty(), Optional.empty());
      hookAgent = Optional.of(spawn(0, none, "an agent for hooks"));
    }
    return hookAgent.get();
  }

  @Override
  public void close() {
    hookAgent.ifPresent(ChildAgent::dismiss);
    hookAgent = Optional.empty();
  }
}
