package dev.carafe.runtime.launch;

import dev.carafe.InvalidConfigException;
import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Open;
import dev.carafe.linux.Ref;
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
   * sees may have been mounted over, so that a write would land elsewhere (CVE-2025-52881).
   */
  static void write(Batch batch, Map<String, String> sysctls) {
    if (sysctls.isEmpty()) {
      return;
    }
    Calls calls = new Calls(batch);
    String why = " to set sysctls";
    Ref fs = calls.fsopen("open a proc file system" + why, "proc");
    calls.fsconfigCreate("make a proc file system" + why, fs);
    Ref proc = calls.fsmount("mount a detached proc file system" + why, fs, 0);
    calls.close("close the proc file system", fs);
    Ref sys = calls.openat2("open /proc/sys", proc, "sys", Open.PATH | Open.DIRECTORY, 0, BENEATH);
    for (Map.Entry<String, String> each : sysctls.entrySet()) {
      String label = "set sysctl " + each.getKey() + " to " + each.getValue();
      Ref file = calls.openat2(label, sys, path(each.getKey()), Open.WRONLY, 0, BENEATH);
      calls.write(label, file, each.getValue());
      calls.close("close sysctl " + each.getKey(), file);
    }
    calls.close("close /proc/sys", sys);
    calls.close("let go of the detached proc file system", (Arg) proc);
  }

  private static final int BENEATH =
      Open.RESOLVE_BENEATH
          | Open.RESOLVE_NO_SYMLINKS
          | Open.RESOLVE_NO_MAGICLINKS
          | Open.RESOLVE_NO_XDEV;
}
