package dev.carafe.runtime.launch;

import dev.carafe.linux.Batch;
import dev.carafe.linux.CloneFlags;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Fd;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.Reply;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.state.ProcessIdentity;
import dev.carafe.spec.JsonOut;
import dev.carafe.spec.Resources;
import dev.carafe.spec.Spec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What a launch would do, without doing it. It is the launch's own code that runs, with executors
 * that write down and answer success; where an answer would lead elsewhere, what follows says its
 * condition.
 */
public final class Explain {
  private static final int NAME_WIDTH = 7;

  private final List<PlannedCall> calls;
  private final List<String> warnings;

  private Explain(List<PlannedCall> calls, List<String> warnings) {
    this.calls = List.copyOf(calls);
    this.warnings = List.copyOf(warnings);
  }

  /**
   * Makes the plan of a launch.
   *
   * @param caller whose launch it would be; only looked at
   * @param cgroup a planned cgroup
   */
  public static Explain launch(
      Caller caller, String id, Spec spec, String bundle, Cgroup cgroup, LaunchOptions options) {
    return launch(caller, id, spec, directory -> spec, bundle, cgroup, options);
  }

  /**
   * Makes the plan of a launch that has more than its bundle says.
   *
   * @param launched returns the configuration with that, for the container's private directory
   */
  public static Explain launch(
      Caller caller,
      String id,
      Spec spec,
      Function<Fd, Spec> launched,
      String bundle,
      Cgroup cgroup,
      LaunchOptions options) {
    // Nobody may be waiting at the socket yet; the plan ends with the terminal's other side.
    LaunchOptions here =
        new LaunchOptions(
            options.noPivot(),
            options.noNewKeyring(),
            options.preserveFds(),
            Optional.empty(),
            options.hostOverlayRoot());
    Launcher.check(spec, here);
    Recording recording = new Recording(caller);
    cgroup.create(recording.host());
    Resources none = Resources.builder().build();
    cgroup.apply(recording.host(), spec.linux().flatMap(l -> l.resources()).orElse(none));
    try (Fd directory = PlanRecorder.placeholder()) {
      LaunchRequest request =
          new LaunchRequest(
              id, launched.apply(directory), bundle, directory, cgroup, new Stdio.Inherit(), here);
      Launched planned = new Launcher(recording).launch(request, init -> {});
      planned.terminal().ifPresent(Fd::close);
      return new Explain(recording.calls, planned.warnings());
    }
  }

  /** Returns the operations, in their order. */
  public List<PlannedCall> calls() {
    return calls;
  }

  /** Returns what the user would be warned of. */
  public List<String> warnings() {
    return warnings;
  }

  /** Returns the plan for a reader, a line for each operation. */
  public String toText() {
    StringBuilder text = new StringBuilder();
    String moment = "";
    for (PlannedCall each : calls) {
      if (!each.moment().equals(moment)) {
        moment = each.moment();
        text.append(moment).append(":\n");
      }
      text.append("  ").append(each.process());
      text.append(" ".repeat(Math.max(1, NAME_WIDTH - each.process().length())));
      text.append("  ".repeat(each.depth())).append(each.operation());
      if (!each.condition().isEmpty()) {
        text.append(" [").append(each.condition()).append(']');
      }
      if (each.optional()) {
        text.append(" [may fail]");
      }
      text.append(": ").append(each.call()).append('\n');
    }
    return text.toString();
  }

  /** Returns the plan as JSON. */
  public String toJson() {
    JsonOut out = JsonOut.indented("  ").beginObject().name("operations").beginArray();
    for (PlannedCall each : calls) {
      out.beginObject().field("process", each.process()).field("moment", each.moment());
      out.field("operation", each.operation()).field("call", each.call());
      if (!each.condition().isEmpty()) {
        out.field("condition", each.condition()).field("depth", each.depth());
      }
      out.field("optional", each.optional()).endObject();
    }
    return out.endArray().strings("warnings", warnings).endObject().toString();
  }

  /** A caller of whose launch nothing is done. */
  private static final class Recording implements Caller {
    private final List<PlannedCall> calls = new ArrayList<>();
    private final CallerWorld world;
    private final PlanRecorder host = new PlanRecorder("host", calls);
    private final PlanRecorder caller = new PlanRecorder("caller", calls);

    Recording(Caller real) {
      this.world = real.world();
    }

    @Override
    public CallerWorld world() {
      return world;
    }

    @Override
    public Executor host() {
      return host;
    }

    @Override
    public ChildAgent spawn(long cloneFlags, Optional<Fd> cgroup, Stdio stdio, String who) {
      caller.note("make " + who, "clone3(" + flags(cloneFlags, cgroup) + ")");
      return new RecordingChild(who, calls);
    }

    @Override
    public Executor hookAgent() {
      return caller;
    }

    @Override
    public void close() {}
  }

  private static String flags(long flags, Optional<Fd> cgroup) {
    long[] bits = {
      CloneFlags.NEWUSER,
      CloneFlags.NEWNS,
      CloneFlags.NEWPID,
      CloneFlags.NEWNET,
      CloneFlags.NEWIPC,
      CloneFlags.NEWUTS,
      CloneFlags.PARENT
    };
    String[] names = {
      "CLONE_NEWUSER",
      "CLONE_NEWNS",
      "CLONE_NEWPID",
      "CLONE_NEWNET",
      "CLONE_NEWIPC",
      "CLONE_NEWUTS",
      "CLONE_PARENT"
    };
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < bits.length; i++) {
      if ((flags & bits[i]) != 0) {
        text.append(text.isEmpty() ? "" : "|").append(names[i]);
      }
    }
    if (cgroup.isPresent()) {
      text.append(text.isEmpty() ? "" : "|").append("CLONE_INTO_CGROUP");
    }
    return text.isEmpty() ? "0" : text.toString();
  }

  private static final class RecordingChild implements ChildAgent {
    private final PlanRecorder recorder;
    private final List<PlannedCall> calls;

    RecordingChild(String who, List<PlannedCall> calls) {
      this.calls = calls;
      this.recorder = new PlanRecorder(who.contains("middle") ? "middle" : "init", calls);
    }

    @Override
    public int pid() {
      return 0;
    }

    @Override
    public ProcessIdentity identity() {
      return ProcessIdentity.self();
    }

    @Override
    public Optional<PidFd> detachProcess() {
      return Optional.empty();
    }

    @Override
    public ChildAgent cloneSibling(long flags, Optional<Fd> cgroup, String who) {
      recorder.note("make " + who, "clone3(" + flags(flags | CloneFlags.PARENT, cgroup) + ")");
      return new RecordingChild(who, calls);
    }

    @Override
    public void exec(Batch batch, Consumer<Fd> listener) {
      Reply _ = recorder.run(batch);
    }

    @Override
    public void awaitHeld() {}

    @Override
    public void dismiss() {
      recorder.note("end", "exit(1)");
    }

    @Override
    public void kill() {}

    @Override
    public void abandon() {}

    @Override
    public void close() {}

    @Override
    public Batch batch() {
      return recorder.batch();
    }

    @Override
    public Reply run(Batch batch, Fd... passed) {
      return recorder.run(batch, passed);
    }
  }
}
