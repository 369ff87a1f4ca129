package dev.carafe.spec;

/** Writes the documents of the runtime-spec, in the order of fields that runc writes. */
public final class SpecWriter {
  private SpecWriter() {}

  /** Writes a {@code config.json}, indented by tabs as {@code runc spec} does. */
  public static byte[] write(Spec spec) {
    return write(spec, SpecWriter::spec);
  }

  /** Writes a process alone, as {@code exec --process} takes it. */
  public static byte[] writeProcess(Process process) {
    return write(process, SpecWriter::process);
  }

  /** Writes resources alone, as {@code update --resources} takes them. */
  public static byte[] writeResources(Resources resources) {
    return write(resources, ResourcesWriter::resources);
  }

  /** Writes resources as a part of another document; the field's name is written. */
  public static void resources(JsonOut out, Resources resources) {
    Fields.object(out, resources, ResourcesWriter::resources);
  }

  private static <T> byte[] write(T value, Fields.Item<T> item) {
    JsonOut out = JsonOut.indented("\t");
    Fields.object(out, value, item);
    return out.toBytes();
  }

  private static void spec(JsonOut out, Spec spec) {
    out.field("ociVersion", spec.ociVersion());
    Fields.object(out, "process", spec.process(), SpecWriter::process);
    Fields.object(out, "root", spec.root(), SpecWriter::root);
    out.field("hostname", spec.hostname());
    out.field("domainname", spec.domainname());
    Fields.list(out, "mounts", spec.mounts(), SpecWriter::mount);
    if (!spec.hooks().isEmpty()) {
      Fields.object(out.name("hooks"), spec.hooks(), SpecWriter::hooks);
    }
    Fields.stringMap(out, "annotations", spec.annotations());
    Fields.object(out, "linux", spec.linux(), LinuxWriter::linux);
    for (String platform : spec.otherPlatforms()) {
      out.name(platform).beginObject().endObject();
    }
  }

  private static void process(JsonOut out, Process p) {
    Fields.flag(out, "terminal", p.terminal());
    Fields.object(
        out,
        "consoleSize",
        p.consoleSize(),
        (o, size) -> o.field("height", size.height()).field("width", size.width()));
    Fields.object(out.name("user"), p.user(), SpecWriter::user);
    out.strings("args", p.args());
    Fields.strings(out, "env", p.env());
    out.field("cwd", p.cwd());
    Fields.object(out, "capabilities", p.capabilities(), SpecWriter::capabilities);
    Fields.list(out, "rlimits", p.rlimits(), SpecWriter::rlimit);
    Fields.flag(out, "noNewPrivileges", p.noNewPrivileges());
    out.field("apparmorProfile", p.apparmorProfile());
    out.field("oomScoreAdj", p.oomScoreAdj());
    Fields.object(out, "scheduler", p.scheduler(), SpecWriter::scheduler);
    out.field("selinuxLabel", p.selinuxLabel());
    Fields.object(
        out,
        "ioPriority",
        p.ioPriority(),
        (o, io) -> o.field("class", io.priorityClass().word()).field("priority", io.priority()));
    Fields.object(
        out,
        "execCPUAffinity",
        p.execCpuAffinity(),
        (o, cpus) -> o.field("initial", cpus.initial()).field("final", cpus.last()));
  }

  private static void user(JsonOut out, User user) {
    out.field("uid", user.uid());
    out.field("gid", user.gid());
    out.field("umask", user.umask());
    if (!user.additionalGids().isEmpty()) {
      out.name("additionalGids").beginArray();
      for (long gid : user.additionalGids()) {
        out.number(gid);
      }
      out.endArray();
    }
    out.field("username", user.username());
  }

  private static void capabilities(JsonOut out, Capabilities c) {
    Fields.strings(out, "bounding", c.bounding());
    Fields.strings(out, "effective", c.effective());
    Fields.strings(out, "inheritable", c.inheritable());
    Fields.strings(out, "permitted", c.permitted());
    Fields.strings(out, "ambient", c.ambient());
  }

  private static void rlimit(JsonOut out, Rlimit limit) {
    out.field("type", limit.type().word());
    out.name("hard").unsigned(limit.hard());
    out.name("soft").unsigned(limit.soft());
  }

  private static void scheduler(JsonOut out, Scheduler s) {
    out.field("policy", s.policy().word());
    out.field("nice", s.nice());
    out.field("priority", s.priority());
    Fields.words(out, "flags", s.flags());
    out.name("runtime").unsigned(s.runtime());
    out.name("deadline").unsigned(s.deadline());
    out.name("period").unsigned(s.period());
  }

  private static void root(JsonOut out, Root root) {
    out.field("path", root.path());
    Fields.flag(out, "readonly", root.readonly());
  }

  private static void mount(JsonOut out, Mount mount) {
    out.field("destination", mount.destination());
    out.field("type", mount.type());
    out.field("source", mount.source());
    Fields.strings(out, "options", mount.options());
    Fields.list(out, "uidMappings", mount.uidMappings(), LinuxWriter::idMapping);
    Fields.list(out, "gidMappings", mount.gidMappings(), LinuxWriter::idMapping);
  }

  private static void hooks(JsonOut out, Hooks hooks) {
    for (HookKind kind : HookKind.values()) {
      HookCodec.write(out, kind.word(), hooks.of(kind));
    }
  }
}
