package dev.carafe.spec;

import java.util.List;

/**
 * Checks what JSON's shape cannot say: what must hold between fields, and what the kernel would
 * answer with a bare EINVAL. It looks at the configuration only, never at the machine.
 */
public final class SpecValidator {
  /** The longest name of a UTS namespace (uname(2)). */
  private static final int HOST_NAME_MAX = 64;

  private SpecValidator() {}

  /**
   * Checks a whole configuration.
   *
   * @throws SpecException if a rule is broken; it names the first place
   */
  public static void validate(Spec spec) {
    if (!SpecVersion.isSupported(spec.ociVersion())) {
      throw Rules.fail("$.ociVersion", SpecVersion.problem(spec.ociVersion()));
    }
    if (spec.process().isPresent()) {
      ProcessRules.validate("$.process", spec.process().get());
    }
    if (spec.root().isPresent()) {
      String path = spec.root().get().path();
      Rules.text("$.root.path", path);
      if (path.isEmpty()) {
        throw Rules.fail("$.root.path", "is empty");
      }
    }
    hostNames(spec);
    mounts(spec);
    for (HookKind kind : HookKind.values()) {
      hooks("$.hooks." + kind.word(), spec.hooks().of(kind));
    }
    if (spec.linux().isPresent()) {
      LinuxRules.validate(spec, spec.linux().get());
    }
  }

  /**
   * Checks a process alone, as {@code exec --process} takes it.
   *
   * @throws SpecException if a rule is broken
   */
  public static void validateProcess(Process process) {
    ProcessRules.validate("$", process);
  }

  /**
   * Checks resources alone, as {@code update --resources} takes them.
   *
   * @throws SpecException if a rule is broken
   */
  public static void validateResources(Resources resources) {
    ResourcesRules.validate("$", resources);
  }

  /** config.md, Hostname and Domainname: they need a UTS namespace, or they were the host's. */
  private static void hostNames(Spec spec) {
    if (spec.hostname().isPresent()) {
      hostName(spec, "$.hostname", spec.hostname().get());
    }
    if (spec.domainname().isPresent()) {
      hostName(spec, "$.domainname", spec.domainname().get());
    }
  }

  private static void hostName(Spec spec, String path, String name) {
    Rules.text(path, name);
    if (name.length() > HOST_NAME_MAX) {
      throw Rules.fail(
          path, "is longer than the " + HOST_NAME_MAX + " bytes that the kernel takes");
    }
    if (!has(spec, NamespaceType.UTS)) {
      throw Rules.fail(path, "needs a namespace of type uts or it would be the host's");
    }
  }

  /** config.md, Mounts: since 1.2 a relative destination means from the root. */
  private static void mounts(Spec spec) {
    List<Mount> mounts = spec.mounts();
    if (!mounts.isEmpty() && !has(spec, NamespaceType.MOUNT)) {
      throw Rules.fail("$.mounts", "need a namespace of type mount or they would be the host's");
    }
    for (int i = 0; i < mounts.size(); i++) {
      Mount mount = mounts.get(i);
      String at = "$.mounts[" + i + "]";
      Rules.text(at + ".destination", mount.destination());
      if (mount.destination().isEmpty()) {
        throw Rules.fail(at + ".destination", "is empty");
      }
      Rules.text(at + ".type", mount.type().orElse(""));
      Rules.text(at + ".source", mount.source().orElse(""));
      Rules.texts(at + ".options", mount.options());
      Rules.mappings(at + ".uidMappings", mount.uidMappings());
      Rules.mappings(at + ".gidMappings", mount.gidMappings());
    }
  }

  /** config.md, POSIX-platform Hooks. */
  private static void hooks(String path, List<Hook> hooks) {
    for (int i = 0; i < hooks.size(); i++) {
      Hook hook = hooks.get(i);
      String at = path + "[" + i + "]";
      Rules.absolute(at + ".path", hook.path());
      Rules.texts(at + ".args", hook.args());
      Rules.environment(at + ".env", hook.env());
      if (hook.timeout().isPresent() && hook.timeout().getAsInt() <= 0) {
        throw Rules.fail(at + ".timeout", "must be greater than zero");
      }
    }
  }

  private static boolean has(Spec spec, NamespaceType type) {
    return spec.linux().isPresent() && spec.linux().get().namespace(type).isPresent();
  }
}
