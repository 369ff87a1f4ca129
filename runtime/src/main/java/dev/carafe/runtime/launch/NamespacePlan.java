package dev.carafe.runtime.launch;

import dev.carafe.InvalidConfigException;
import dev.carafe.linux.CloneFlags;
import dev.carafe.spec.Linux;
import dev.carafe.spec.Namespace;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.Spec;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Which namespaces a container has of its own, and which it joins (config-linux.md, Namespaces).
 * What is not listed is the caller's.
 */
final class NamespacePlan {
  /**
   * The order in which namespaces are joined. The mount namespace is late: it changes the root and
   * the working directory. The user namespace comes after all others, see {@link Joining}.
   */
  private static final NamespaceType[] ORDER = {
    NamespaceType.CGROUP,
    NamespaceType.IPC,
    NamespaceType.UTS,
    NamespaceType.NETWORK,
    NamespaceType.PID,
    NamespaceType.TIME,
    NamespaceType.MOUNT,
    NamespaceType.USER
  };

  private final Map<NamespaceType, Namespace> listed;

  private NamespacePlan(Map<NamespaceType, Namespace> listed) {
    this.listed = listed;
  }

  static NamespacePlan of(Spec spec) {
    Map<NamespaceType, Namespace> listed = new EnumMap<>(NamespaceType.class);
    for (Namespace each : spec.linux().map(Linux::namespaces).orElse(List.of())) {
      if (listed.put(each.type(), each) != null) {
        // "If a namespaces field contains duplicated namespaces with same type, the runtime MUST
        // generate an error."
        throw new InvalidConfigException(
            "malformed spec file: duplicated ns " + each.type().word() + " in linux.namespaces");
      }
    }
    return new NamespacePlan(listed);
  }

  /** Tells whether the container has one of its own or joins one. */
  boolean has(NamespaceType type) {
    return listed.containsKey(type);
  }

  /** Tells whether a new one is made. */
  boolean isNew(NamespaceType type) {
    Namespace found = listed.get(type);
    return found != null && found.path().isEmpty();
  }

  /** Tells whether an existing one is joined. */
  boolean joins(NamespaceType type) {
    Namespace found = listed.get(type);
    return found != null && found.path().isPresent();
  }

  /** Returns what is joined, in that order. */
  List<Namespace> joined() {
    List<Namespace> all = new ArrayList<>();
    for (NamespaceType type : ORDER) {
      if (joins(type)) {
        all.add(listed.get(type));
      }
    }
    return all;
  }

  /**
   * Returns the flags with which the first process is cloned. Not among them: the cgroup namespace,
   * which must be made after the cgroup was joined, since its root is the cgroup of that moment;
   * and the time namespace, which a middle agent makes, since its offsets can only be set before
   * the first process enters.
   */
  long cloneFlags() {
    long flags = 0;
    for (NamespaceType type : ORDER) {
      if (isNew(type) && type != NamespaceType.CGROUP && type != NamespaceType.TIME) {
        flags |= flag(type);
      }
    }
    return flags;
  }

  /**
   * Tells whether an agent must stand between the caller and the first process: a process cannot
   * enter another pid namespace itself, only its children are in it; a time namespace is entered by
   * a fork; and once it has a new user namespace, a process may not join what is the host's.
   */
  boolean needsMiddle() {
    return has(NamespaceType.TIME)
        || joins(NamespaceType.PID)
        || joins(NamespaceType.USER)
        || (isNew(NamespaceType.USER) && !joined().isEmpty());
  }

  /** Returns the kernel's flag for a kind of namespace. */
  static long flag(NamespaceType type) {
    return switch (type) {
      case PID -> CloneFlags.NEWPID;
      case NETWORK -> CloneFlags.NEWNET;
      case MOUNT -> CloneFlags.NEWNS;
      case IPC -> CloneFlags.NEWIPC;
      case UTS -> CloneFlags.NEWUTS;
      case USER -> CloneFlags.NEWUSER;
      case CGROUP -> CloneFlags.NEWCGROUP;
      case TIME -> CloneFlags.NEWTIME;
    };
  }
}
