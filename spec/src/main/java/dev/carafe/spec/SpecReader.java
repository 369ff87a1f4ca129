package dev.carafe.spec;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the documents of the runtime-spec strictly. */
public final class SpecReader {
  private SpecReader() {}

  /**
   * Reads a {@code config.json} (config.md).
   *
   * @param utf8 its bytes
   * @param fileName how errors call it
   * @throws SpecException if it is not as the spec asks
   */
  public static Spec read(byte[] utf8, String fileName) {
    return JsonIn.read(utf8, fileName, SpecReader::spec);
  }

  /**
   * Reads a process alone, as {@code exec --process} takes it (config.md, Process).
   *
   * @throws SpecException if it is not as the spec asks
   */
  public static Process readProcess(byte[] utf8, String fileName) {
    return JsonIn.read(utf8, fileName, ProcessReader::process);
  }

  /**
   * Reads resources alone, as {@code update --resources} takes them (config-linux.md, Control
   * groups).
   *
   * @throws SpecException if they are not as the spec asks
   */
  public static Resources readResources(byte[] utf8, String fileName) {
    return JsonIn.read(utf8, fileName, ResourcesReader::resources);
  }

  /** Reads resources as a part of another document. */
  public static Resources resources(JsonIn in) {
    return ResourcesReader.resources(in);
  }

  private static Spec spec(JsonIn in) {
    @Nullable String version = null;
    Optional<Process> process = Optional.empty();
    Optional<Root> root = Optional.empty();
    Optional<String> hostname = Optional.empty();
    Optional<String> domainname = Optional.empty();
    List<Mount> mounts = List.of();
    Hooks hooks = Hooks.NONE;
    Map<String, String> annotations = Map.of();
    Optional<Linux> linux = Optional.empty();
    Set<String> otherPlatforms = new LinkedHashSet<>();
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "ociVersion" -> version = version(in);
        case "process" -> process = Optional.of(ProcessReader.process(in));
        case "root" -> root = Optional.of(root(in));
        case "hostname" -> hostname = in.optionalString();
        case "domainname" -> domainname = in.optionalString();
        case "mounts" -> mounts = in.list(SpecReader::mount);
        case "hooks" -> hooks = hooks(in);
        case "annotations" -> {
          annotations = in.stringMap();
          if (annotations.containsKey("")) {
            throw in.failRead("an annotation has no name");
          }
        }
        case "linux" -> linux = Optional.of(LinuxReader.linux(in));
        case "solaris", "windows", "vm", "zos", "freebsd" -> {
          otherPlatforms.add(in.name());
          in.skip();
        }
        // config.md, Extensibility: what is unknown is ignored.
        default -> in.skip();
      }
    }
    return new Spec(
        in.required(version, "ociVersion"),
        process,
        root,
        hostname,
        domainname,
        mounts,
        hooks,
        annotations,
        linux,
        otherPlatforms);
  }

  /** config.md, Specification version: a version is compatible with all of its major version. */
  private static String version(JsonIn in) {
    String version = in.string();
    if (!SpecVersion.isSupported(version)) {
      throw in.failRead(SpecVersion.problem(version));
    }
    return version;
  }

  private static Root root(JsonIn in) {
    @Nullable String path = null;
    boolean readonly = false;
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "path" -> path = in.string();
        case "readonly" -> readonly = in.bool();
        default -> in.skip();
      }
    }
    return new Root(in.required(path, "path"), readonly);
  }

  private static Mount mount(JsonIn in) {
    @Nullable String destination = null;
    Optional<String> type = Optional.empty();
    Optional<String> source = Optional.empty();
    List<String> options = List.of();
    List<IdMapping> uidMappings = List.of();
    List<IdMapping> gidMappings = List.of();
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "destination" -> destination = in.string();
        case "type" -> type = in.optionalString();
        case "source" -> source = in.optionalString();
        case "options" -> options = in.strings();
        case "uidMappings" -> uidMappings = in.list(LinuxReader::idMapping);
        case "gidMappings" -> gidMappings = in.list(LinuxReader::idMapping);
        default -> in.skip();
      }
    }
    return new Mount(
        in.required(destination, "destination"), type, source, options, uidMappings, gidMappings);
  }

  private static Hooks hooks(JsonIn in) {
    List<Hook> prestart = List.of();
    List<Hook> createRuntime = List.of();
    List<Hook> createContainer = List.of();
    List<Hook> startContainer = List.of();
    List<Hook> poststart = List.of();
    List<Hook> poststop = List.of();
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "prestart" -> prestart = in.list(HookCodec::read);
        case "createRuntime" -> createRuntime = in.list(HookCodec::read);
        case "createContainer" -> createContainer = in.list(HookCodec::read);
        case "startContainer" -> startContainer = in.list(HookCodec::read);
        case "poststart" -> poststart = in.list(HookCodec::read);
        case "poststop" -> poststop = in.list(HookCodec::read);
        default -> in.skip();
      }
    }
    return new Hooks(prestart, createRuntime, createContainer, startContainer, poststart, poststop);
  }
}
