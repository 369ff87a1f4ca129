package dev.carafe.cli;

import dev.carafe.linux.Sys;
import dev.carafe.spec.Capabilities;
import dev.carafe.spec.DefaultSpec;
import dev.carafe.spec.IdMapping;
import dev.carafe.spec.Linux;
import dev.carafe.spec.Mount;
import dev.carafe.spec.Namespace;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.Process;
import dev.carafe.spec.Root;
import dev.carafe.spec.Spec;
import dev.carafe.spec.User;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The configuration of a container for {@code carafe do}. */
final class DoSpec {
  /**
   * What a package manager needs, and nothing that reaches beyond the container: no raw sockets, no
   * device nodes.
   */
  private static final List<String> CAPABILITIES =
      List.of(
          "CAP_AUDIT_WRITE",
          "CAP_CHOWN",
          "CAP_DAC_OVERRIDE",
          "CAP_FOWNER",
          "CAP_FSETID",
          "CAP_KILL",
          "CAP_NET_BIND_SERVICE",
          "CAP_SETFCAP",
          "CAP_SETGID",
          "CAP_SETPCAP",
          "CAP_SETUID",
          "CAP_SYS_CHROOT");

  /** Variables that lead to services of the caller's, which are not in the container. */
  private static final List<String> NOT_HANDED_ON =
      List.of("LISTEN_FDNAMES", "LISTEN_FDS", "LISTEN_PID", "NOTIFY_SOCKET", "OLDPWD", "PWD");

  /** For who has none, as after {@code env -i}: a shell would have one of its own as well. */
  private static final String DEFAULT_PATH =
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  private final Session session;
  private final List<String> command;
  private boolean hostNetwork;
  private boolean terminal;
  private String hostname = "";
  private String cwd = "/";
  private List<String> variables = List.of();

  DoSpec(Session session, List<String> command) {
    this.session = session;
    this.command = command;
  }

  void hostNetwork(boolean value) {
    hostNetwork = value;
  }

  void terminal(boolean value) {
    terminal = value;
  }

  void hostname(String value) {
    hostname = value;
  }

  /** Sets the working directory; the caller's if none is given. */
  void cwd(Optional<String> given) {
    if (given.isPresent()) {
      cwd = session.absolute(given.get());
      return;
    }
    String current = session.front().hello().cwd();
    cwd = current.startsWith("/") ? current : "/";
  }

  /** Adds variables NAME=VALUE to those of the caller. */
  void environment(List<String> added) {
    for (String variable : added) {
      if (variable.indexOf('=') < 1) {
        throw new UsageException(
            "invalid value \"" + variable + "\" for flag -env: it must be NAME=VALUE");
      }
    }
    variables = added;
  }

  Spec build() {
    boolean unprivileged = Sys.geteuid() != 0;
    Spec base =
        unprivileged
            ? DefaultSpec.createRootless(Sys.geteuid(), Sys.getegid(), false)
            : DefaultSpec.create(false);
    Process process =
        Process.builder(command, cwd)
            .terminal(terminal)
            .env(environment())
            .user(User.of(Sys.geteuid(), Sys.getegid()))
            .capabilities(capabilities(unprivileged))
            .noNewPrivileges(true)
            .build();
    return base.toBuilder()
        .process(process)
        .root(new Root("/", false))
        .hostname(hostname)
        .mounts(mounts(base.mounts()))
        .linux(linux(base.linux().orElseThrow(), unprivileged))
        .build();
  }

  private static Capabilities capabilities(boolean unprivileged) {
    // Who is not root has none that it could hand on; in the namespace it could keep all.
    List<String> held = unprivileged ? List.of() : CAPABILITIES;
    return new Capabilities(held, held, List.of(), held, List.of());
  }

  private Linux linux(Linux base, boolean unprivileged) {
    List<Namespace> namespaces = new ArrayList<>();
    for (Namespace each : base.namespaces()) {
      if (each.type() != NamespaceType.NETWORK) {
        namespaces.add(each);
      }
    }
    namespaces.add(new Namespace(NamespaceType.CGROUP, Optional.empty()));
    if (!hostNetwork) {
      namespaces.add(new Namespace(NamespaceType.NETWORK, Optional.empty()));
    }
    Linux.Builder linux = base.toBuilder().namespaces(namespaces);
    if (unprivileged) {
      // The command has the ids of its caller, as its files have.
      linux
          .uidMappings(List.of(new IdMapping(Sys.geteuid(), Sys.geteuid(), 1)))
          .gidMappings(List.of(new IdMapping(Sys.getegid(), Sys.getegid(), 1)));
    }
    return linux.build();
  }

  private List<Mount> mounts(List<Mount> base) {
    List<Mount> mounts = new ArrayList<>();
    for (Mount mount : base) {
      // The host's cgroups are none of the command's business.
      if (!mount.destination().equals("/sys/fs/cgroup")) {
        mounts.add(mount);
      }
    }
    CwdMounts.addTo(mounts, cwd);
    return mounts;
  }

  private List<String> environment() {
    List<String> all = new ArrayList<>();
    for (String variable : session.front().hello().environment()) {
      if (!isReplaced(variable)) {
        all.add(variable);
      }
    }
    all.addAll(variables);
    all.add("PWD=" + cwd);
    if (!hasPath(all)) {
      all.add(DEFAULT_PATH);
    }
    return all;
  }

  private static boolean hasPath(List<String> all) {
    for (String variable : all) {
      if (variable.startsWith("PATH=")) {
        return true;
      }
    }
    return false;
  }

  private boolean isReplaced(String variable) {
    int equals = variable.indexOf('=');
    if (equals < 1) {
      // No name: no program could ask for it.
      return true;
    }
    String name = variable.substring(0, equals + 1);
    for (String added : variables) {
      if (added.startsWith(name)) {
        return true;
      }
    }
    return NOT_HANDED_ON.contains(variable.substring(0, equals));
  }
}
