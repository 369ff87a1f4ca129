package dev.carafe.runtime.root;

import dev.carafe.InvalidConfigException;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.runtime.root.Stage.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** One thing to do in a root file system: a mount, device nodes, links. */
abstract sealed class Step permits BindStep, FileSystemStep, LinkStep, NodeStep, RemountStep {
  /** {@code PROC_SUPER_MAGIC}. */
  static final long PROC_MAGIC = 0x9fa0;

  /** The words for an error: verb and objects. */
  final String label;

  /** The place where it is done. */
  final ContainerPath path;

  /** Whether links may lead to the place. */
  final boolean followLinks;

  private final List<Stop> stops = new ArrayList<>();

  /**
   * A call that may end the batch.
   *
   * @param call its result.
   * @param atPlace whether it opened the place.
   */
  record Stop(Ref call, boolean atPlace) {}

  Step(String label, ContainerPath path, boolean followLinks) {
    this.label = label;
    this.path = path;
    this.followLinks = followLinks;
  }

  /** Opens what this needs of the host. */
  void open(Sources sources) {}

  /** Returns a descriptor that the agent needs and has not got yet. */
  Optional<Fd> descriptor() {
    return Optional.empty();
  }

  /** Tells where the agent has the {@link #descriptor}. */
  void passed(Ref ref) {
    throw new IllegalStateException(label + ": nothing was to be passed");
  }

  /** Returns whether this is left out when what it needs cannot be opened. */
  boolean mayFail() {
    return false;
  }

  /** Closes what was opened of the host. */
  void close() {}

  /** Returns about how many registers {@link #add} takes. */
  int cost() {
    return 24 + 4 * Math.min(path.parts().size(), Stage.MAX_PARTS);
  }

  /** Returns what the place must be. */
  abstract Target target();

  /** Adds this to a stage, at the place that was opened. */
  abstract void add(Stage stage, Ref place);

  /** Adds this to a stage; {@code given} is the place if it was opened before. */
  final void addTo(Stage stage, Optional<Ref> given) {
    stops.clear();
    if (given.isPresent()) {
      add(stage, given.get());
      return;
    }
    Ref place = stage.place(label, path, target());
    stops.add(new Stop(place, true));
    add(stage, place);
  }

  final void stopIf(Stage stage, Ref call) {
    stage.stopIf(call);
    stops.add(new Stop(call, false));
  }

  /** Returns the call that ended the batch, if one of this did. */
  final Optional<Stop> stopped(Reply reply) {
    for (Stop stop : stops) {
      if (reply.value(stop.call()) < 0) {
        return Optional.of(stop);
      }
    }
    return Optional.empty();
  }

  /** Looks at the results of what was done; returns what must be done in addition. */
  List<Step> finish(Reply reply, Stage stage) {
    return List.of();
  }

  /**
   * Returns whether this needs to {@link #complete} what one batch began; nothing comes between.
   */
  boolean isLong() {
    return false;
  }

  /** Does what is left, after {@link #finish}. */
  void complete(Executor init, Consumer<String> warnings) {}

  /** Returns another way to do this, after a call failed with {@code errno}. */
  Optional<Step> instead(int errno) {
    return Optional.empty();
  }

  /** Returns what is known about the failure of a call with {@code errno}, or nothing. */
  String reason(Executor init, int errno) {
    return "";
  }

  /**
   * Refuses a place that hostile links have led to procfs: what is mounted there would be believed
   * by all that trust {@code /proc} (CVE-2019-19921, CVE-2023-27561).
   */
  final void refuseProc(long fileSystemType) {
    if (fileSystemType == PROC_MAGIC && !mayBeInProc(path)) {
      throw new InvalidConfigException(
          label + ": \"" + path + "\" cannot be mounted because it is inside /proc");
    }
  }

  /** Whether a mount may lie there although it is procfs; runc's list. */
  static boolean mayBeInProc(ContainerPath path) {
    return switch (path.toString()) {
      case "/proc",
          "/proc/cpuinfo",
          "/proc/diskstats",
          "/proc/meminfo",
          "/proc/stat",
          "/proc/swaps",
          "/proc/uptime",
          "/proc/loadavg",
          "/proc/slabinfo",
          "/proc/sys/kernel/ns_last_pid",
          "/proc/sys/crypto/fips_enabled",
          "/proc/net/dev" ->
          true;
      default -> false;
    };
  }
}
