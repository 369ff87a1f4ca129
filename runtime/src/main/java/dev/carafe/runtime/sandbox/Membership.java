package dev.carafe.runtime.sandbox;

import dev.carafe.ContainerId;
import dev.carafe.InvalidConfigException;
import java.util.Map;

/** What annotations say of a container's place in a pod: those of containerd, or of CRI-O. */
public sealed interface Membership {

  /** It is in no pod. */
  Membership ALONE = new Alone();

  /** It is the pod's first container, which makes the sandbox. */
  Membership FIRST = new First();

  /** It is in no pod. */
  record Alone() implements Membership {}

  /** It is the pod's first container, which makes the sandbox. */
  record First() implements Membership {}

  /**
   * It joins a pod.
   *
   * @param sandbox the id of the pod's first container
   * @param mayStandAlone whether it is on its own when there never was such a container, since
   *     CRI-O may leave that out
   */
  record Joining(String sandbox, boolean mayStandAlone) implements Membership {}

  /**
   * Reads a container's annotations.
   *
   * @throws InvalidConfigException if they contradict themselves
   */
  static Membership of(Map<String, String> annotations) {
    if (annotations.isEmpty()) {
      return ALONE;
    }
    String type = "io.kubernetes.cri.container-type";
    String sandbox = "io.kubernetes.cri.sandbox-id";
    boolean crio = !annotations.containsKey(type);
    if (crio) {
      type = "io.kubernetes.cri-o.ContainerType";
      sandbox = "io.kubernetes.cri-o.SandboxID";
    }
    if (!annotations.containsKey(type) || isOfPodman(annotations)) {
      return ALONE;
    }
    String given = annotations.getOrDefault(type, "");
    if (given.equals("sandbox")) {
      return FIRST;
    }
    if (given.equals("container")) {
      return joining(annotations, sandbox, crio);
    }
    throw new InvalidConfigException(
        "annotation " + type + " is \"" + given + "\"; it must be \"sandbox\" or \"container\"");
  }

  /**
   * Podman marks its pods in part as CRI-O does, but not their first container, which it makes anew
   * while the others run. They are no sandboxes.
   */
  private static boolean isOfPodman(Map<String, String> annotations) {
    return annotations.getOrDefault("io.container.manager", "").equals("libpod");
  }

  private static Membership joining(
      Map<String, String> annotations, String name, boolean mayStandAlone) {
    String sandbox = annotations.getOrDefault(name, "");
    if (!ContainerId.isValid(sandbox)) {
      throw new InvalidConfigException(
          sandbox.isEmpty()
              ? "annotation " + name + " is missing: it names the sandbox that is joined"
              : "annotation " + name + " is \"" + sandbox + "\", which cannot be a sandbox's id");
    }
    return new Joining(sandbox, mayStandAlone);
  }
}
