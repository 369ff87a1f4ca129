package dev.carafe.conformance.oci;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.List;

/**
 * A {@code config.json}. Values are given as JSON that may leave out quotation marks, as in {@code
 * [{type:pid}]}.
 */
final class Config {
  private final JsonObject all;
  private boolean runtimesCgroup;

  private Config(JsonObject all) {
    this.all = all;
  }

  /** Returns what every runtime of 1.0 knows: five namespaces, the usual mounts, few rights. */
  static Config plain() {
    String caps =
        "[CAP_CHOWN,CAP_DAC_OVERRIDE,CAP_FOWNER,CAP_KILL,CAP_MKNOD,CAP_SETGID,CAP_SETUID]";
    return new Config(
            parse(
                    """
                    {
                      ociVersion: "1.0.2",
                      root: {path: rootfs},
                      process: {
                        user: {uid: 0, gid: 0},
                        cwd: "/",
                        env: ["PATH=/bin"],
                        capabilities: {bounding: CAPS, effective: CAPS, permitted: CAPS},
                      },
                      mounts: [
                        {destination: "/proc", type: proc, source: proc},
                        {destination: "/dev", type: tmpfs, source: tmpfs,
                          options: [nosuid, "mode=755", "size=65536k"]},
                        {destination: "/dev/pts", type: devpts, source: devpts,
                          options: [nosuid, noexec, newinstance, "ptmxmode=0666", "mode=0620"]},
                        {destination: "/dev/shm", type: tmpfs, source: shm,
                          options: [nosuid, noexec, nodev, "mode=1777", "size=65536k"]},
                        {destination: "/sys", type: sysfs, source: sysfs,
                          options: [nosuid, noexec, nodev, ro]},
                      ],
                      linux: {
                        namespaces: [
                          {type: pid}, {type: network}, {type: mount}, {type: ipc}, {type: uts}],
                      },
                    }
                    """
                        .replace("CAPS", caps)
                        .replaceAll(",(?=\\s*[\\]}])", ""))
                .getAsJsonObject())
        .program("exit", "0");
  }

  static JsonElement parse(String json) {
    return JsonParser.parseString(json);
  }

  /** Sets a member, making the objects on the way, such as {@code linux.resources.pids.limit}. */
  Config set(String path, String json) {
    return put(path, parse(json));
  }

  Config text(String path, String value) {
    return put(path, new JsonPrimitive(value));
  }

  private Config put(String path, JsonElement value) {
    parent(path).add(last(path), value);
    return this;
  }

  /** Adds an element to an array. */
  Config add(String path, String json) {
    JsonObject parent = parent(path);
    if (!parent.has(last(path))) {
      parent.add(last(path), new JsonArray());
    }
    parent.getAsJsonArray(last(path)).add(parse(json));
    return this;
  }

  Config remove(String path) {
    parent(path).remove(last(path));
    return this;
  }

  /** Leaves it to the runtime where the cgroup is. */
  Config cgroupOfTheRuntime() {
    runtimesCgroup = true;
    return this;
  }

  /** Says where the cgroup is, unless that is said or left to the runtime. */
  void cgroup(String path) {
    if (!runtimesCgroup && !has("linux.cgroupsPath")) {
      text("linux.cgroupsPath", path);
    }
  }

  boolean has(String path) {
    return parent(path).has(last(path));
  }

  /** Sets the program: {@code inspect} with commands. */
  Config program(String... words) {
    JsonArray args = new JsonArray();
    args.add("/bin/inspect");
    for (String each : words) {
      args.add(each);
    }
    return put("process.args", args);
  }

  /** Adds a mount. */
  Config mount(String destination, String type, String source, String... options) {
    JsonObject mount = new JsonObject();
    mount.addProperty("destination", destination);
    mount.addProperty("type", type);
    mount.addProperty("source", source);
    mount.add("options", array(List.of(options)));
    all.getAsJsonArray("mounts").add(mount);
    return this;
  }

  /** Takes a namespace from the list. */
  Config without(String namespace) {
    JsonArray kept = new JsonArray();
    for (JsonElement each : all.getAsJsonObject("linux").getAsJsonArray("namespaces")) {
      if (!each.getAsJsonObject().get("type").getAsString().equals(namespace)) {
        kept.add(each);
      }
    }
    return put("linux.namespaces", kept);
  }

  static JsonArray array(List<String> words) {
    JsonArray array = new JsonArray();
    words.forEach(array::add);
    return array;
  }

  private JsonObject parent(String path) {
    List<String> names = new ArrayList<>(List.of(path.split("\\.", -1)));
    names.removeLast();
    JsonObject at = all;
    for (String name : names) {
      if (!at.has(name)) {
        at.add(name, new JsonObject());
      }
      at = at.getAsJsonObject(name);
    }
    return at;
  }

  private static String last(String path) {
    return path.substring(path.lastIndexOf('.') + 1);
  }

  @Override
  public String toString() {
    return all.toString();
  }
}
