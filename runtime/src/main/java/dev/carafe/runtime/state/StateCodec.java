package dev.carafe.runtime.state;

import dev.carafe.runtime.state.StoredState.SandboxProcess;
import dev.carafe.runtime.state.StoredState.SandboxRef;
import dev.carafe.spec.Hook;
import dev.carafe.spec.HookCodec;
import dev.carafe.spec.JsonIn;
import dev.carafe.spec.JsonOut;
import dev.carafe.spec.Resources;
import dev.carafe.spec.SpecException;
import dev.carafe.spec.SpecReader;
import dev.carafe.spec.SpecWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** The state file's text. What must be found to remove a container stands first. */
final class StateCodec {
  private static final int VERSION = 1;

  private StateCodec() {}

  static byte[] encode(StoredState s) {
    JsonOut out = JsonOut.compact().beginObject();
    out.field("version", VERSION).field("id", s.id());
    out.field("instance", s.instance()).field("generation", s.generation());
    process(out, "init", s.init());
    if (s.sandbox().isPresent()) {
      sandbox(out, s.sandbox().get());
    }
    out.stringMap("cgroups", s.cgroups());
    if (!s.rdtGroups().isEmpty()) {
      out.strings("rdtGroups", s.rdtGroups());
    }
    out.field("ownPidNamespace", s.ownPidNamespace());
    out.field("transition", s.transition().word());
    process(out, "transitionOwner", s.transitionOwner());
    out.field("uid", s.uid()).field("ociVersion", s.ociVersion());
    out.field("bundle", s.bundle()).field("rootfs", s.rootfs()).field("created", s.created());
    out.stringMap("annotations", s.annotations());
    HookCodec.write(out, "poststart", s.poststart());
    HookCodec.write(out, "poststop", s.poststop());
    if (!s.resources().isEmpty()) {
      SpecWriter.resources(out.name("resources"), s.resources());
    }
    out.field("started", s.started()).field("exit", s.exit());
    out.field("userLog", s.userLog());
    out.field("oomScoreAdj", s.oomScoreAdj());
    process(out, "gofer", s.gofer());
    return out.endObject().toBytes();
  }

  /**
   * Reads a state.
   *
   * @throws SpecException if it is not whole
   */
  static StoredState decode(byte[] text, String fileName) {
    return JsonIn.read(
        text,
        fileName,
        in -> {
          Reading reading = new Reading();
          reading.read(in);
          return reading.finish(in);
        });
  }

  /** Reads what can be read of a damaged state: its processes and its cgroups. */
  static Salvage salvage(byte[] text) {
    Reading reading = new Reading();
    try {
      return JsonIn.read(
          text,
          "",
          in -> {
            reading.read(in);
            return reading.salvage();
          });
    } catch (SpecException e) {
      // Expected: it is damaged. What stood before the damage was read whole.
      return reading.salvage();
    }
  }

  private static void process(JsonOut out, String name, Optional<ProcessIdentity> process) {
    if (process.isPresent()) {
      ProcessIdentity p = process.get();
      out.name(name).beginObject().field("pid", p.pid()).field("startTime", p.startTime());
      out.field("bootId", p.bootId()).endObject();
    }
  }

  private static ProcessIdentity process(JsonIn in) {
    int pid = 0;
    long startTime = 0;
    String bootId = null;
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "pid" -> pid = in.int32();
        case "startTime" -> startTime = in.int64();
        case "bootId" -> bootId = in.string();
        default -> in.skip();
      }
    }
    if (pid <= 0) {
      throw in.failRead("a process id must be above 0");
    }
    return new ProcessIdentity(pid, startTime, in.required(bootId, "bootId"));
  }

  private static void sandbox(JsonOut out, SandboxRef sandbox) {
    out.name("sandbox").beginObject().field("id", sandbox.id());
    out.field("instance", sandbox.instance());
    if (sandbox.process().isPresent()) {
      SandboxProcess process = sandbox.process().get();
      process(out, "process", Optional.of(process.identity()));
      out.field("oomScoreAdj", process.oomScoreAdj());
    }
    out.endObject();
  }

  private static SandboxRef sandbox(JsonIn in) {
    String id = null;
    String instance = null;
    Optional<ProcessIdentity> process = Optional.empty();
    int oomScoreAdj = 0;
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "id" -> id = in.string();
        case "instance" -> instance = in.string();
        case "process" -> process = Optional.of(process(in));
        case "oomScoreAdj" -> oomScoreAdj = in.int32();
        default -> in.skip();
      }
    }
    return new SandboxRef(
        in.required(id, "id"),
        in.required(instance, "instance"),
        process.isPresent()
            ? Optional.of(new SandboxProcess(process.get(), oomScoreAdj))
            : Optional.empty());
  }

  /** A state that is being read. */
  private static final class Reading {
    private @Nullable String id;
    private @Nullable String instance;
    private @Nullable String generation;
    private @Nullable String transition;
    private Optional<ProcessIdentity> transitionOwner = Optional.empty();
    Optional<ProcessIdentity> init = Optional.empty();
    private @Nullable Map<String, String> cgroups;
    private List<String> rdtGroups = List.of();
    private boolean ownPidNamespace;
    private int uid;
    private @Nullable String ociVersion;
    private @Nullable String bundle;
    private @Nullable String rootfs;
    private @Nullable String created;
    private Map<String, String> annotations = Map.of();
    private List<Hook> poststart = List.of();
    private List<Hook> poststop = List.of();
    private Optional<Resources> resources = Optional.empty();
    private boolean started;
    private OptionalInt exit = OptionalInt.empty();
    private Optional<String> userLog = Optional.empty();
    private OptionalInt oomScoreAdj = OptionalInt.empty();
    private Optional<SandboxRef> sandbox = Optional.empty();
    private Optional<ProcessIdentity> gofer = Optional.empty();

    void read(JsonIn in) {
      in.object();
      while (in.next()) {
        switch (in.name()) {
          case "version" -> version(in);
          case "id" -> id = in.string();
          case "instance" -> instance = in.string();
          case "generation" -> generation = in.string();
          case "init" -> init = Optional.of(process(in));
          case "cgroups" -> cgroups = in.stringMap();
          case "rdtGroups" -> rdtGroups = in.strings();
          case "ownPidNamespace" -> ownPidNamespace = in.bool();
          case "transition" -> transition = word(in);
          case "transitionOwner" -> transitionOwner = Optional.of(process(in));
          case "uid" -> uid = in.int32();
          case "ociVersion" -> ociVersion = in.string();
          case "bundle" -> bundle = in.string();
          case "rootfs" -> rootfs = in.string();
          case "created" -> created = in.string();
          case "annotations" -> annotations = in.stringMap();
          case "poststart" -> poststart = in.list(HookCodec::read);
          case "poststop" -> poststop = in.list(HookCodec::read);
          case "resources" -> resources = Optional.of(SpecReader.resources(in));
          case "started" -> started = in.bool();
          case "exit" -> exit = OptionalInt.of(in.int32());
          case "userLog" -> userLog = Optional.of(in.string());
          case "oomScoreAdj" -> oomScoreAdj = OptionalInt.of(in.int32());
          case "sandbox" -> sandbox = Optional.of(sandbox(in));
          case "gofer" -> gofer = Optional.of(process(in));
          default -> in.skip();
        }
      }
    }

    private static void version(JsonIn in) {
      int version = in.int32();
      if (version != VERSION) {
        throw in.failRead("written by another Carafe, in format " + version);
      }
    }

    private static String word(JsonIn in) {
      String word = in.string();
      if (Transition.ofWord(word).isEmpty()) {
        throw in.failRead("an unknown transition");
      }
      return word;
    }

    Salvage salvage() {
      return new Salvage(init, sandbox, cgroups == null ? Map.of() : cgroups, rdtGroups);
    }

    StoredState finish(JsonIn in) {
      StoredState.Builder b = new StoredState.Builder(in.required(id, "id"));
      b.instance(in.required(instance, "instance"));
      b.transition(
          Transition.ofWord(in.required(transition, "transition")).orElseThrow(),
          transitionOwner,
          in.required(generation, "generation"));
      b.cgroups(in.required(cgroups, "cgroups"))
          .rdtGroups(rdtGroups)
          .ownPidNamespace(ownPidNamespace)
          .uid(uid);
      b.ociVersion(in.required(ociVersion, "ociVersion")).bundle(in.required(bundle, "bundle"));
      b.rootfs(in.required(rootfs, "rootfs")).created(in.required(created, "created"));
      b.annotations(annotations).poststart(poststart).poststop(poststop).started(started);
      if (resources.isPresent()) {
        b.resources(resources.get());
      }
      b.userLog(userLog).oomScoreAdj(oomScoreAdj);
      b.optional(init, exit, sandbox, gofer);
      return b.build();
    }
  }
}
