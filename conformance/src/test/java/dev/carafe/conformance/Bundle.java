package dev.carafe.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A bundle with busybox and the probe, made by hand: what is under test has no part in it. Every
 * change writes its {@code config.json} anew.
 */
final class Bundle {
  private static final String BUSYBOX = "/bin/busybox";
  private static final List<String> NAMESPACES =
      List.of("pid", "network", "ipc", "uts", "mount", "cgroup");

  private final Path path;
  private final Map<String, String> process = new TreeMap<>();
  private final Map<String, String> linux = new TreeMap<>();
  private final Map<String, String> top = new TreeMap<>();
  private final List<String> mounts = new ArrayList<>();

  Bundle(Path path) {
    this.path = path;
    Shell.run(
            "mkdir -p \"$1/rootfs\" && cd \"$1/rootfs\" && mkdir bin etc proc sys dev tmp"
                + " && cp \"$2\" bin/busybox && cp \"$3\" bin/probe"
                + " && for a in sh cat ls true false sleep echo test readlink stat kill head dd id"
                + " touch mkdir pwd wc yes ps env tty stty mount; do ln -s busybox bin/$a; done",
            path,
            BUSYBOX,
            Ground.tool("probe"))
        .ok();
    process.put("user", "{\"uid\":0,\"gid\":0}");
    process.put("env", "[\"PATH=/bin\"]");
    process.put("cwd", "\"/\"");
    process.put("noNewPrivileges", "true");
    String caps = "[\"CAP_KILL\"]";
    process.put(
        "capabilities",
        "{\"bounding\":" + caps + ",\"effective\":" + caps + ",\"permitted\":" + caps + "}");
    top.put("ociVersion", "\"1.2.0\"");
    top.put("root", "{\"path\":\"rootfs\"}");
    top.put("hostname", "\"carafe\"");
    StringBuilder namespaces = new StringBuilder();
    for (String each : NAMESPACES) {
      namespaces.append(namespaces.isEmpty() ? "[" : ",").append("{\"type\":\"" + each + "\"}");
    }
    linux.put("namespaces", namespaces + "]");
    mount("/proc", "proc", "proc");
    mount("/dev", "tmpfs", "tmpfs", "nosuid", "mode=755", "size=65536k");
    mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666");
    mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro");
    args("/bin/true");
  }

  Path path() {
    return path;
  }

  /** Returns a path in the root file system. */
  Path in(String name) {
    return path.resolve("rootfs").resolve(name);
  }

  /** Sets the program and its arguments. */
  Bundle args(String... args) {
    return process("args", array(List.of(args)));
  }

  /** Sets a shell script as the program. */
  Bundle script(String script) {
    return args("/bin/sh", "-c", script);
  }

  Bundle cwd(String cwd) {
    return process("cwd", quote(cwd));
  }

  /** Sets a part of {@code process}, as JSON. */
  Bundle process(String name, String json) {
    process.put(name, json);
    return write();
  }

  /** Sets a part of {@code linux}, as JSON. */
  Bundle linux(String name, String json) {
    linux.put(name, json);
    return write();
  }

  /** Sets a part of the whole, as JSON. */
  Bundle top(String name, String json) {
    top.put(name, json);
    return write();
  }

  Bundle withoutMounts() {
    mounts.clear();
    return write();
  }

  /** Sets all mounts, as JSON. */
  Bundle mounts(String json) {
    mounts.clear();
    mounts.add(json.substring(1, json.length() - 1));
    return write();
  }

  Bundle mount(String destination, String type, String source, String... options) {
    mounts.add(
        "{\"destination\":"
            + quote(destination)
            + ",\"type\":"
            + quote(type)
            + ",\"source\":"
            + quote(source)
            + ",\"options\":"
            + array(List.of(options))
            + "}");
    return write();
  }

  /** Makes a symbolic link in the root file system, in place of what is there. */
  Bundle link(String name, String target) {
    Shell.run(
            "mkdir -p \"$(dirname -- \"$2\")\" && rm -rf -- \"$2\" && ln -s -- \"$1\" \"$2\"",
            target,
            in(name))
        .ok();
    return this;
  }

  static String quote(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"";
  }

  private static String array(List<String> items) {
    List<String> quoted = new ArrayList<>();
    for (String item : items) {
      quoted.add(quote(item));
    }
    return "[" + String.join(",", quoted) + "]";
  }

  private static String object(Map<String, String> parts) {
    List<String> lines = new ArrayList<>();
    for (Map.Entry<String, String> part : parts.entrySet()) {
      lines.add(quote(part.getKey()) + ":" + part.getValue());
    }
    return "{" + String.join(",\n", lines) + "}";
  }

  private Bundle write() {
    Map<String, String> all = new TreeMap<>(top);
    all.put("process", object(process));
    all.put("linux", object(linux));
    all.put("mounts", "[" + String.join(",\n", mounts) + "]");
    try {
      Files.writeString(path.resolve("config.json"), object(all));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }
}
