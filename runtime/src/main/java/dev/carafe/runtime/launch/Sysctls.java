package dev.carafe.runtime.launch;

import dev.carafe.InvalidConfigException;
import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Data;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Open;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Syscall;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.Spec;
import java.util.Map;

/** Kernel parameters of the container's namespaces (config-linux.md, Sysctl). */
final class Sysctls {
  private Sysctls() {}

  /** Refuses a parameter that is the host's, in runc's words. */
  static void check(String name, String value, Spec spec, NamespacePlan namespaces) {
    String path = path(name);
    String dotted = path.replace('/', '.');
    boolean namespaced;
    if (dotted.startsWith("net.")) {
      namespaced = namespaces.has(NamespaceType.NETWORK);
    } else if (dotted.startsWith("fs.mqueue.")
        || dotted.startsWith("kernel.msg")
        || dotted.startsWith("kernel.shm")
        || dotted.equals("kernel.sem")) {
      namespaced = namespaces.has(NamespaceType.IPC);
    } else if (dotted.equals("kernel.domainname")) {
      namespaced = namespaces.has(NamespaceType.UTS);
      if (spec.domainname().isPresent()) {
        throw new InvalidConfigException(
            "sysctl \"kernel.domainname\" conflicts with the OCI \"domainname\" field");
      }
    } else if (dotted.equals("kernel.hostname")) {
      throw new InvalidConfigException(
          "sysctl \"kernel.hostname\" is not allowed as it conflicts with the OCI \"hostname\""
              + " field");
    } else {
      namespaced = dotted.startsWith("user.") && namespaces.has(NamespaceType.USER);
    }
    // A component ".." or an odd separator could lead to a parameter of the host (CVE-2022-0811).
    if (!namespaced || !plain(path)) {
      throw new InvalidConfigException(
          "sysctl \"" + name + "\" is not in a separate kernel namespace");
    }
    if (value.indexOf('\0') >= 0) {
      throw new InvalidConfigException("the value of sysctl \"" + name + "\" holds a NUL");
    }
  }

  /**
   * Returns the path below {@code /proc/sys}. As in sysctl.d(5), the first separator decides: after
   * a slash, dots are part of the names, such as those of network interfaces.
   */
  static String path(String name) {
    int slash = name.indexOf('/');
    int dot = name.indexOf('.');
    if (slash >= 0 && (dot < 0 || slash < dot)) {
      return name;
    }
    StringBuilder path = new StringBuilder(name.length());
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      path.append(c == '.' ? '/' : c == '/' ? '.' : c);
    }
    return path.toString();
  }

  private static boolean plain(String path) {
    if (path.startsWith("/") || path.endsWith("/") || path.indexOf('\0') >= 0) {
      return false;
    }
    String padded = "/" + path + "/";
    return !padded.contains("//") && !padded.contains("/./") && !padded.contains("/../");
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
    int path = Open.PATH | Open.DIRECTORY;
    Ref callers =
        calls.openat2("open /proc" + why, Arg.CWD, "/proc", path, 0, Open.RESOLVE_NO_SYMLINKS);
    Data statfs = batch.space(STATFS_SIZE);
    calls.call("look at /proc", Syscall.FSTATFS, callers, statfs);
    batch.check("/proc" + why + " is no procfs", statfs, 0, 8, -1, PROC_MAGIC, Errno.EINVAL);
    write(calls, callers, sysctls);
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

  /** {@code PROC_SUPER_MAGIC}, the first field of {@code struct statfs}. */
  private static final long PROC_MAGIC = 0x9fa0;

  private static final int STATFS_SIZE = 120;

  private static final int BENEATH =
      Open.RESOLVE_BENEATH
          | Open.RESOLVE_NO_SYMLINKS
          | Open.RESOLVE_NO_MAGICLINKS
          | Open.RESOLVE_NO_XDEV;
}
