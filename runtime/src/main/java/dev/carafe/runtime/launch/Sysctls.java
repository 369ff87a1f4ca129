package dev.carafe.runtime.launch;

import dev.carafe.InvalidConfigException;
import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Open;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Stat;
import dev.carafe.linux.Sys;
import dev.carafe.spec.Linux;
import dev.carafe.spec.Namespace;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.Sysctl;
import java.util.Map;
import java.util.Optional;

/** Kernel parameters of the container's namespaces (config-linux.md, Sysctl). */
final class Sysctls {
  private Sysctls() {}

  /**
   * Refuses a parameter of a namespace that the container joins and that is the caller's own. What
   * belongs to no namespace, the spec itself refuses.
   */
  static void check(Linux linux) {
    for (String name : linux.sysctl().keySet()) {
      Optional<NamespaceType> type = Sysctl.namespace(path(name));
      Optional<Namespace> used = type.isEmpty() ? Optional.empty() : linux.namespace(type.get());
      if (used.isPresent() && used.get().path().isPresent() && isCallers(used.get())) {
        // The words are runc's.
        throw new InvalidConfigException(
            "sysctl \"" + name + "\" is not in a separate kernel namespace");
      }
    }
  }

  private static boolean isCallers(Namespace joined) {
    Optional<Stat> theirs = Sys.statIfThere(Fd.CWD, joined.path().orElseThrow(), 0);
    Optional<Stat> ours =
        Sys.statIfThere(Fd.CWD, "/proc/self/ns/" + NamespacePlan.file(joined.type()), 0);
    return theirs.isPresent() && ours.isPresent() && theirs.get().sameFile(ours.get());
  }

  private static String path(String name) {
    return Sysctl.path(name).orElseThrow();
  }

  /**
   * Writes the parameters through a procfs that nobody else can reach. The one that the container
   * sees may have been mounted over, so that a write would land elsewhere (CVE-2025-52881). A user
   * namespace may not make one for a pid namespace that is not its own; then it is the caller's,
   * which the agent sees until it changes its root.
   */
  static void write(Batch batch, Map<String, String> sysctls) {
    if (sysctls.isEmpty()) {
      return;
    }
    Calls calls = new Calls(batch);
    String why = " to set sysctls";
    Ref fs = calls.fsopen("open a proc file system" + why, "proc");
    Ref made = calls.trying().fsconfigCreate("make a proc file system" + why, fs);
    Batch.Skip refused = batch.skip("unless that failed", made, Batch.When.FAILED, 0);
    write(calls, calls.fsmount("mount a detached proc file system" + why, fs, 0), sysctls);
    batch.endSkip(refused);
    Batch.Skip done = batch.skip("if that failed", made, Batch.When.OK, 0);
    write(calls, VerifiedProc.open(calls, "set sysctls"), sysctls);
    batch.endSkip(done);
    calls.close("close the proc file system", fs);
  }

  private static void write(Calls calls, Ref proc, Map<String, String> sysctls) {
    Ref sys = calls.openat2("open /proc/sys", proc, "sys", Open.PATH | Open.DIRECTORY, 0, BENEATH);
    for (Map.Entry<String, String> each : sysctls.entrySet()) {
      String label = "set sysctl " + each.getKey() + " to " + each.getValue();
      Ref file = calls.openat2(label, sys, path(each.getKey()), Open.WRONLY, 0, BENEATH);
      calls.write(label, file, each.getValue());
      calls.close("close sysctl " + each.getKey(), file);
    }
    calls.close("close /proc/sys", sys);
    calls.close("let go of the proc file system", (Arg) proc);
  }

  private static final int BENEATH =
      Open.RESOLVE_BENEATH
          | Open.RESOLVE_NO_SYMLINKS
          | Open.RESOLVE_NO_MAGICLINKS
          | Open.RESOLVE_NO_XDEV;
}
