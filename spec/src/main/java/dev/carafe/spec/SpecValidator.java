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
      throw At.ROOT.field("ociVersion").fail(SpecVersion.problem(spec.ociVersion()));
    }
    if (spec.process().isPresent()) {
      ProcessRules.validate(At.ROOT.field("process"), spec.process().get());
    }
    if (spec.root().isPresent()) {
      String path = spec.root().get().path();
      Rules.text(At.ROOT.field("root").field("path"), path);
      if (path.isEmpty()) {
        throw At.ROOT.field("root").field("path").fail("is empty");
      }
    }
    hostNames(spec);
    mounts(spec);
    for (HookKind kind : HookKind.values()) {
      hooks(At.ROOT.field("hooks").field(kind.word()), spec.hooks().of(kind));
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
    ProcessRules.validate(At.ROOT, process);
  }

  /**
   * Checks resources alone, as {@code update --resources} takes them.
   *
   * @throws SpecException if a rule is broken
   */
  public static void validateResources(Resources resources) {
    ResourcesRules.validate(At.ROOT, resources);
  }

  /**
   * Checks schemata alone, as {@code update} takes them.
   *
   * @throws SpecException if a rule is broken
   */
  public static void validateIntelRdt(IntelRdt schemata) {
    LinuxRules.intelRdt(At.ROOT, schemata);
  }

  /** config.md, Hostname and Domainname: they need a UTS namespace, or they were the host's. */
  private static void hostNames(Spec spec) {
    if (spec.hostname().isPresent()) {
      hostName(spec, At.ROOT.field("hostname"), spec.hostname().get());
    }
    if (spec.domainname().isPresent()) {
      hostName(spec, At.ROOT.field("domainname"), spec.domainname().get());
    }
  }

  private static void hostName(Spec spec, At path, String name) {
    Rules.text(path, name);
    if (name.length() > HOST_NAME_MAX) {
      throw path.fail("is longer than the " + HOST_NAME_MAX + " bytes that the kernel takes");
    }
    if (!has(spec, NamespaceType.UTS)) {
      throw path.fail("needs a namespace of type uts or it would be the host's");
    }
  }

  /** config.md, Mounts: since 1.2 a relative destination means from the root. */
  private static void mounts(Spec spec) {
    List<Mount> mounts = spec.mounts();
    if (!mounts.isEmpty() && !has(spec, NamespaceType.MOUNT)) {
      throw At.ROOT
          .field("mounts")
          .fail("need a namespace of type mount or they would be the host's");
    }
    for (int i = 0; i < mounts.size(); i++) {
      Mount mount = mounts.get(i);
      At at = At.ROOT.field("mounts").item(i);
      Rules.text(at.field("destination"), mount.destination());
      if (mount.destination().isEmpty()) {
        throw at.field("destination").fail("is empty");
      }
      Rules.text(at.field("type"), mount.type().orElse(""));
      Rules.text(at.field("source"), mount.source().orElse(""));
      Rules.texts(at.field("options"), mount.options());
      Rules.mappings(at.field("uidMappings"), mount.uidMappings());
      Rules.mappings(at.field("gidMappings"), mount.gidMappings());
    }
  }

  /** config.md, POSIX-platform Hooks. */
  private static void hooks(At path, List<Hook> hooks) {
    for (int i = 0; i < hooks.size(); i++) {
      Hook hook = hooks.get(i);
      At at = path.item(i);
      Rules.absolute(at.field("path"), hook.path());
      Rules.texts(at.field("args"), hook.args());
      Rules.environment(at.field("env"), hook.env());
      if (hook.timeout().isPresent() && hook.timeout().getAsInt() <= 0) {
        throw at.field("timeout").fail("must be greater than zero");
      }
    }
  }

  private static boolean has(Spec spec, NamespaceType type) {
    return spec.linux().isPresent() && spec.linux().get().namespace(type).isPresent();
  }
}
