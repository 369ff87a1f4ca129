package dev.carafe.runtime.sandbox;

import dev.carafe.CarafeException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Open;
import dev.carafe.linux.OsString;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.state.HeldSandbox;
import dev.carafe.runtime.state.ProcessIdentity;
import dev.carafe.runtime.state.StateStore;
import dev.carafe.runtime.state.StoredState;
import dev.carafe.runtime.state.StoredState.SandboxProcess;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The OOM score of a sandbox's own process: when the kernel ends it, it ends all containers, so it
 * is as safe as the safest of them.
 */
public final class OomScore {
  private static final int MAX_BYTES = 32;

  private OomScore() {}

  /**
   * Says what it must be: the lowest that a container asks for which was started and is not deleted
   * yet. A pod's first container, which only holds the pod, does not count. When none counts, the
   * process has what it was born with.
   *
   * @param born the score that the process was born with
   * @param pod whether the first container only holds the others
   */
  static int rule(int born, boolean pod, List<StoredState> containers) {
    int lowest = Integer.MAX_VALUE;
    for (int i = 0; i < containers.size(); i++) {
      StoredState each = containers.get(i);
      boolean counts = each.started() && !(pod && each.isFirstOfSandbox());
      if (counts && each.oomScoreAdj().isPresent()) {
        lowest = Math.min(lowest, each.oomScoreAdj().getAsInt());
      }
    }
    return lowest == Integer.MAX_VALUE ? born : lowest;
  }

  /**
   * Adjusts it to the containers that there are, if there is such a process. All that the rule goes
   * by changes under the same lock.
   *
   * @param warnings is told why it could not be done
   */
  public static void adjust(HeldSandbox sandbox, StateStore store, Consumer<String> warnings) {
    try {
      adjustNow(sandbox, store, warnings);
    } catch (KernelException | CarafeException e) {
      // A container is started or deleted all the same, and the next one sets it right.
      warnings.accept("the OOM score of a sandbox was not adjusted: " + e.getMessage());
    }
  }

  private static void adjustNow(HeldSandbox sandbox, StateStore store, Consumer<String> warnings) {
    StoredState first = sandbox.first();
    Optional<SandboxProcess> process = first.sandbox().orElseThrow().process();
    if (process.isEmpty()) {
      return;
    }
    boolean pod = Membership.of(first.annotations()) instanceof Membership.First;
    List<StoredState> containers = store.inSandbox(first.sandbox().orElseThrow(), warnings);
    write(process.get().identity(), rule(process.get().oomScoreAdj(), pod, containers));
  }

  private static void write(ProcessIdentity process, int score) {
    String path = path(process);
    Optional<Fd> opened = Sys.openIfThere(Fd.CWD, path, Open.WRONLY);
    if (opened.isPresent()) {
      try (Fd file = opened.get()) {
        // Now, when the file cannot come to be another process's any more.
        if (process.isAlive()) {
          Sys.writeFully(
              file, OsString.encode(Integer.toString(score)), "write " + score + " to " + path);
        }
      }
    }
  }

  /** Returns the score of a process. */
  public static int of(ProcessIdentity process) {
    byte[] text = Sys.readFile(Fd.CWD, path(process), MAX_BYTES);
    return Integer.parseInt(OsString.decode(text).strip());
  }

  private static String path(ProcessIdentity process) {
    return "/proc/" + process.pid() + "/oom_score_adj";
  }
}
