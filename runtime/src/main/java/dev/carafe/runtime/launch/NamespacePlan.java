package dev.carafe.runtime.launch;

import dev.carafe.linux.CloneFlags;
import dev.carafe.spec.Linux;
import dev.carafe.spec.Namespace;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.Spec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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

  /** Few: a list is looked through faster than a map of enums is made. */
  private final List<Namespace> listed;

  private NamespacePlan(List<Namespace> listed) {
    this.listed = listed;
  }

  static NamespacePlan of(Spec spec) {
    NamespacePlan plan = new NamespacePlan(new ArrayList<>());
    for (Namespace each : spec.linux().map(Linux::namespaces).orElse(List.of())) {
      // None is there twice: the spec's own rules refuse that.
      plan.listed.add(each);
    }
    return plan;
  }

  private Optional<Namespace> find(NamespaceType type) {
    for (int i = 0; i < listed.size(); i++) {
      if (listed.get(i).type() == type) {
        return Optional.of(listed.get(i));
      }
    }
    return Optional.empty();
  }

  /** Tells whether the container has one of its own or joins one. */
  boolean has(NamespaceType type) {
    return find(type).isPresent();
  }

  /** Tells whether a new one is made. */
  boolean isNew(NamespaceType type) {
    Optional<Namespace> found = find(type);
    return found.isPresent() && found.get().path().isEmpty();
  }

  /** Tells whether an existing one is joined. */
  boolean joins(NamespaceType type) {
    Optional<Namespace> found = find(type);
    return found.isPresent() && found.get().path().isPresent();
  }

  /** Returns what is joined, in that order. */
  List<Namespace> joined() {
    List<Namespace> all = new ArrayList<>();
    for (NamespaceType type : ORDER) {
      if (joins(type)) {
        all.add(find(type).orElseThrow());
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

  /** Returns the name that a kind of namespace has in {@code /proc/PID/ns}. */
  static String file(NamespaceType type) {
    return switch (type) {
      case MOUNT -> "mnt";
      case NETWORK -> "net";
      default -> type.word();
    };
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
