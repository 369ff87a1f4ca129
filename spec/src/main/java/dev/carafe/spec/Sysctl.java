package dev.carafe.spec;

import java.util.Map;
import java.util.Optional;

/** The rules for kernel parameters (config-linux.md, Sysctl). */
public final class Sysctl {
  /** What belongs to an IPC namespace, by ipc_namespaces(7). */
  private static final String[] IPC = {
    "kernel/msgmax",
    "kernel/msgmnb",
    "kernel/msgmni",
    "kernel/sem",
    "kernel/shmall",
    "kernel/shmmax",
    "kernel/shmmni",
    "kernel/shm_rmid_forced"
  };

  private Sysctl() {}

  /**
   * Returns a parameter's path below {@code /proc/sys}, or nothing if the name has a part that is
   * empty, {@code .} or {@code ..}, or a character that no name has.
   *
   * <p>As with sysctl(8), the first separator decides: after a dot a slash stands for a dot, as in
   * {@code net.ipv4.conf.eth0/100.forwarding}; after a slash all stand for themselves.
   */
  public static Optional<String> path(String name) {
    int dot = name.indexOf('.');
    int slash = name.indexOf('/');
    boolean swap = dot >= 0 && (slash < 0 || dot < slash);
    StringBuilder path = new StringBuilder(name.length());
    int part = 0;
    for (int i = 0; i <= name.length(); i++) {
      char c = i < name.length() ? name.charAt(i) : '/';
      if (i < name.length() && swap && c == '.') {
        c = '/';
      } else if (i < name.length() && swap && c == '/') {
        c = '.';
      }
      if (c == '/') {
        String last = path.substring(part);
        if (last.isEmpty() || last.equals(".") || last.equals("..")) {
          return Optional.empty();
        }
        part = path.length() + 1;
      } else if (c <= ' ' || c >= 0x7f) {
        return Optional.empty();
      }
      path.append(c);
    }
    path.setLength(path.length() - 1);
    return Optional.of(path.toString());
  }

  /**
   * Refuses what would change the host: every parameter must belong to a namespace that the
   * container has in its configuration. Whether one that it joins is the host's own is for the
   * launch to find out.
   */
  static void validate(Spec spec, Linux linux) {
    for (Map.Entry<String, String> e : linux.sysctl().entrySet()) {
      String name = e.getKey();
      Optional<String> path = path(name);
      if (path.isEmpty()) {
        throw fail(name, "no kernel parameter has such a name");
      }
      String value = e.getValue();
      if (value.indexOf('\n') >= 0 || value.indexOf(0) >= 0) {
        throw fail(name, "the value has a line break or a NUL character");
      }
      check(spec, linux, name, path.get());
    }
  }

  private static void check(Spec spec, Linux linux, String name, String path) {
    if (path.equals("kernel/hostname")) {
      throw fail(name, "use $.hostname instead");
    }
    if (path.equals("kernel/domainname") && spec.domainname().isPresent()) {
      throw fail(name, "it is set by $.domainname too");
    }
    Optional<NamespaceType> type = namespace(path);
    if (type.isEmpty()) {
      throw fail(name, "it belongs to no namespace and would change the host");
    }
    if (linux.namespace(type.get()).isEmpty()) {
      throw fail(
          name,
          "it needs a namespace of type " + type.get().word() + " or it would change the host");
    }
  }

  /**
   * Returns the kind of namespace that a parameter belongs to; nothing if it is the machine's.
   *
   * @param path as {@link #path} returns it
   */
  public static Optional<NamespaceType> namespace(String path) {
    if (path.startsWith("net/")) {
      return Optional.of(NamespaceType.NETWORK);
    }
    if (path.startsWith("fs/mqueue/") || isIpc(path)) {
      return Optional.of(NamespaceType.IPC);
    }
    if (path.startsWith("user/")) {
      return Optional.of(NamespaceType.USER);
    }
    return path.equals("kernel/domainname") ? Optional.of(NamespaceType.UTS) : Optional.empty();
  }

  private static boolean isIpc(String path) {
    for (String known : IPC) {
      if (known.equals(path)) {
        return true;
      }
    }
    return false;
  }

  private static SpecException fail(String name, String problem) {
    return At.ROOT.field("linux").field("sysctl").field(name).fail(problem);
  }
}
