package dev.carafe.spec;

import com.google.gson.JsonElement;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Makes {@code config.json} files that are wrong in one way each. It is public for the tests of
 * other modules, which show that such a file leaves nothing behind.
 */
public final class MalformedConfigs {
  private final List<MalformedConfig> cases = new ArrayList<>();
  private final byte[] good;
  private final Tree tree;

  private MalformedConfigs() {
    try {
      good = Samples.allFields();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    tree = Tree.of(good);
  }

  /** A file that is wrong. */
  public static final class MalformedConfig {
    private final String name;
    private final byte[] bytes;
    private final String path;

    private MalformedConfig(String name, byte[] bytes, String path) {
      this.name = name;
      this.bytes = bytes;
      this.path = path;
    }

    /** Returns what is wrong with it. */
    public String name() {
      return name;
    }

    /** Returns its content. */
    public byte[] bytes() {
      return bytes.clone();
    }

    /** Returns the JSON path that the error must name; empty where it depends on the parser. */
    public String path() {
      return path;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** Returns all cases, more than a thousand, always the same. */
  public static List<MalformedConfig> all() {
    MalformedConfigs m = new MalformedConfigs();
    m.wrongTypes();
    m.wrongNumbers();
    m.unknownWords();
    m.missingParts();
    m.duplicates();
    m.truncated();
    m.trailing();
    m.notUtf8();
    m.notJson();
    m.versions();
    m.strings();
    m.hugeAndDeep();
    return List.copyOf(m.cases);
  }

  /** Returns about this many of the cases, of all kinds. */
  public static List<MalformedConfig> some(int count) {
    List<MalformedConfig> all = all();
    List<MalformedConfig> some = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      some.add(all.get((int) ((long) i * all.size() / count)));
    }
    return some;
  }

  private void add(String name, byte[] bytes, String path) {
    cases.add(new MalformedConfig(name, bytes, path));
  }

  private void text(String name, String json) {
    add(name, json.getBytes(StandardCharsets.UTF_8), "");
  }

  private void wrongTypes() {
    String[] values = {"\"x\"", "7", "1.5", "true", "{}", "[]"};
    for (Map.Entry<String, JsonElement> part : tree.parts().entrySet()) {
      String path = part.getKey();
      // What sections for other platforms hold is not looked at.
      if (path.startsWith("$.windows") || path.startsWith("$.vm")) {
        continue;
      }
      JsonElement e = part.getValue();
      for (String value : values) {
        boolean same =
            switch (value) {
              case "\"x\"" -> e.isJsonPrimitive() && e.getAsJsonPrimitive().isString();
              case "7" -> e.isJsonPrimitive() && e.getAsJsonPrimitive().isNumber();
              case "true" -> e.isJsonPrimitive() && e.getAsJsonPrimitive().isBoolean();
              case "{}" -> e.isJsonObject();
              case "[]" -> e.isJsonArray();
              default -> false;
            };
        if (!same && !path.equals("$")) {
          add(path + " is " + value, tree.with(path, value).bytes(), path);
        }
      }
      if (path.endsWith("]")) {
        add(path + " is null", tree.with(path, "null").bytes(), path);
      }
    }
    for (String value : new String[] {"7", "\"x\"", "null", "[]", "true"}) {
      text("the document is " + value, value);
    }
  }

  private void wrongNumbers() {
    String[] values = {
      "18446744073709551616",
      "-9223372036854775809",
      "99999999999999999999999999999999999999",
      "1e3",
      "1.0",
      "\"1\""
    };
    for (Map.Entry<String, JsonElement> part : tree.parts().entrySet()) {
      JsonElement e = part.getValue();
      if (e.isJsonPrimitive() && e.getAsJsonPrimitive().isNumber()) {
        for (String value : values) {
          add(
              part.getKey() + " is " + value,
              tree.with(part.getKey(), value).bytes(),
              part.getKey());
        }
      }
    }
    for (String path :
        List.of(
            "$.process.user.uid",
            "$.process.user.additionalGids[0]",
            "$.process.rlimits[0].soft",
            "$.linux.uidMappings[0].size",
            "$.linux.resources.cpu.shares",
            "$.linux.resources.blockIO.weight",
            "$.linux.devices[0].fileMode",
            "$.linux.seccomp.syscalls[0].args[0].value")) {
      add(path + " is -1", tree.with(path, "-1").bytes(), path);
    }
    for (String path : List.of("$.process.user.gid", "$.linux.gidMappings[0].hostID")) {
      add(path + " is 2^32", tree.with(path, "4294967296").bytes(), path);
    }
    add(
        "a weight is 2^16",
        tree.with("$.linux.resources.blockIO.weight", "65536").bytes(),
        "$.linux.resources.blockIO.weight");
    add(
        "an int32 is 2^31",
        tree.with("$.process.oomScoreAdj", "2147483648").bytes(),
        "$.process.oomScoreAdj");
    String wide = "9".repeat(100_000);
    add(
        "a number has 100,000 digits",
        new String(good, StandardCharsets.UTF_8)
            .replace("32771", wide)
            .getBytes(StandardCharsets.UTF_8),
        "$.linux.resources.pids.limit");
  }

  private void unknownWords() {
    for (String path :
        List.of(
            "$.linux.namespaces[1].type",
            "$.process.rlimits[0].type",
            "$.process.scheduler.policy",
            "$.process.scheduler.flags[0]",
            "$.process.ioPriority.class",
            "$.linux.devices[1].type",
            "$.linux.resources.devices[1].type",
            "$.linux.rootfsPropagation",
            "$.linux.personality.domain",
            "$.linux.memoryPolicy.mode",
            "$.linux.memoryPolicy.flags[0]",
            "$.linux.seccomp.defaultAction",
            "$.linux.seccomp.architectures[1]",
            "$.linux.seccomp.flags[0]",
            "$.linux.seccomp.syscalls[0].action",
            "$.linux.seccomp.syscalls[0].args[0].op")) {
      add(path + " is unknown", tree.with(path, "\"surprise\"").bytes(), path);
      add(path + " is in another case", tree.with(path, "\"pID\"").bytes(), path);
    }
  }

  private void missingParts() {
    for (String path :
        List.of(
            "$.ociVersion",
            "$.root.path",
            "$.process.cwd",
            "$.process.args",
            "$.process.user.uid",
            "$.process.user.gid",
            "$.process.consoleSize.height",
            "$.process.consoleSize.width",
            "$.process.rlimits[0].type",
            "$.process.rlimits[0].soft",
            "$.process.rlimits[1].hard",
            "$.process.scheduler.policy",
            "$.process.ioPriority.class",
            "$.mounts[0].destination",
            "$.mounts[0].uidMappings[0].hostID",
            "$.hooks.prestart[0].path",
            "$.hooks.createRuntime[0].path",
            "$.hooks.createContainer[0].path",
            "$.hooks.startContainer[0].path",
            "$.hooks.poststart[0].path",
            "$.hooks.poststop[0].path",
            "$.linux.namespaces[2].type",
            "$.linux.uidMappings[0].containerID",
            "$.linux.gidMappings[0].size",
            "$.linux.devices[0].path",
            "$.linux.devices[0].type",
            "$.linux.devices[1].major",
            "$.linux.devices[1].minor",
            "$.linux.resources.devices[0].allow",
            "$.linux.resources.blockIO.weightDevice[0].major",
            "$.linux.resources.blockIO.throttleReadBpsDevice[0].rate",
            "$.linux.resources.hugepageLimits[0].pageSize",
            "$.linux.resources.hugepageLimits[0].limit",
            "$.linux.resources.network.priorities[0].name",
            "$.linux.resources.network.priorities[0].priority",
            "$.linux.seccomp.defaultAction",
            "$.linux.seccomp.syscalls[0].names",
            "$.linux.seccomp.syscalls[0].action",
            "$.linux.seccomp.syscalls[0].args[0].index",
            "$.linux.seccomp.syscalls[0].args[0].value",
            "$.linux.seccomp.syscalls[0].args[0].op",
            "$.linux.memoryPolicy.mode",
            "$.linux.personality.domain")) {
      String owner = path.substring(0, path.lastIndexOf('.'));
      add(path + " is missing", tree.without(path).bytes(), owner);
      add(path + " is null", tree.with(path, "null").bytes(), owner);
    }
  }

  /** Repeats each object's first field at its end. */
  private void duplicates() {
    for (Map.Entry<String, JsonElement> part : tree.parts().entrySet()) {
      JsonElement e = part.getValue();
      if (e.isJsonObject() && !e.getAsJsonObject().isEmpty()) {
        String mark = "MARK-OF-THE-DUPLICATE";
        String first = e.getAsJsonObject().keySet().iterator().next();
        String json =
            new String(tree.with(part.getKey() + "." + mark, "0").bytes(), StandardCharsets.UTF_8);
        String twice = json.replace("\"" + mark + "\"", "\"" + first + "\"");
        add(
            part.getKey() + "." + first + " is there twice",
            twice.getBytes(StandardCharsets.UTF_8),
            part.getKey() + "." + first);
      }
    }
    text(
        "a name is there twice in an unknown field",
        "{\"ociVersion\":\"1.0.0\",\"x\":{\"a\":1,\"a\":1}}");
    text(
        "a name is there twice by an escape",
        "{\"ociVersion\":\"1.0.0\",\"ociVersio\\u006e\":\"1.0.0\"}");
    text("null is there twice", "{\"ociVersion\":\"1.0.0\",\"root\":null,\"root\":null}");
  }

  private void truncated() {
    int end = new String(good, StandardCharsets.UTF_8).stripTrailing().length();
    for (int length = 0; length < end; length += length < 40 ? 1 : 61) {
      byte[] part = new byte[length];
      System.arraycopy(good, 0, part, 0, length);
      add("truncated to " + length + " bytes", part, "");
    }
    byte[] part = new byte[end - 1];
    System.arraycopy(good, 0, part, 0, end - 1);
    add("truncated by one byte", part, "");
    text("white space only", " \n\t ");
  }

  private void trailing() {
    for (String more : List.of("x", "{}", "}", "]", "0", "\"\"", ",", "\0", "//", "null")) {
      add(
          "followed by " + more.replace("\0", "NUL"),
          (new String(good, StandardCharsets.UTF_8) + more).getBytes(StandardCharsets.UTF_8),
          "");
    }
  }

  private void notUtf8() {
    int[][] sequences = {
      {0xff},
      {0x80},
      {0xc3},
      {0xc0, 0x80},
      {0xc1, 0xbf},
      {0xe0, 0x80, 0x80},
      {0xed, 0xa0, 0x80},
      {0xed, 0xb3, 0xbf},
      {0xf0, 0x80, 0x80, 0x80},
      {0xf4, 0x90, 0x80, 0x80},
      {0xf5, 0x80, 0x80, 0x80},
      {0xe2, 0x82},
      {0xf0, 0x9f, 0x98}
    };
    int[] places = {0, new String(good, StandardCharsets.UTF_8).indexOf("sh\""), good.length};
    for (int[] sequence : sequences) {
      for (int place : places) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(good, 0, place);
        StringBuilder name = new StringBuilder("bytes that are not UTF-8 at " + place + ":");
        for (int b : sequence) {
          out.write(b);
          name.append(' ').append(Integer.toHexString(b));
        }
        out.write(good, place, good.length - place);
        add(name.toString(), out.toByteArray(), "$");
      }
    }
    add("UTF-16", "{\"ociVersion\":\"1.0.0\"}".getBytes(StandardCharsets.UTF_16), "$");
    add("UTF-16 without a mark", "{\"a\":\"b\"}".getBytes(StandardCharsets.UTF_16LE), "");
    add(
        "a byte order mark",
        "\ufeff{\"ociVersion\":\"1.0.0\"}".getBytes(StandardCharsets.UTF_8),
        "$");
  }

  private void notJson() {
    String head = "{\"ociVersion\":\"1.0.0\",";
    for (String rest :
        List.of(
            "}",
            "\"a\":1,}",
            ",\"a\":1}",
            "\"a\" 1}",
            "\"a\":}",
            "\"a\":1 \"b\":2}",
            "\"a\"=1}",
            "\"a\"=>1}",
            "\"a\":1;\"b\":2}",
            "a:1}",
            "'a':1}",
            "\"a\":'b'}",
            "\"a\":b}",
            "\"a\":True}",
            "\"a\":NULL}",
            "\"a\":NaN}",
            "\"a\":Infinity}",
            "\"a\":-Infinity}",
            "\"a\":01}",
            "\"a\":+1}",
            "\"a\":-}",
            "\"a\":.5}",
            "\"a\":5.}",
            "\"a\":1e}",
            "\"a\":0x10}",
            "\"a\":1_000}",
            "\"a\":[1,]}",
            "\"a\":[,1]}",
            "\"a\":[1 2]}",
            "\"a\":[1;2]}",
            "\"a\":[}",
            "\"a\":{]}",
            "\"a\":(1)}",
            "/* c */\"a\":1}",
            "// c\n\"a\":1}",
            "# c\n\"a\":1}",
            "null:1}",
            "1:1}",
            "\"a\":\"\n\"}",
            "\"a\":\"\t\"}",
            "\"a\":\"\u0001\"}",
            "\"a\":\"\\x41\"}",
            "\"a\":\"\\'\"}",
            "\"a\":\"\\u12\"}",
            "\"a\":\"\\u12g4\"}",
            "\"a\":\"\\\n\"}",
            "\"a\":\"b}",
            "\"a:1}")) {
      text("not JSON: " + rest, head + rest);
    }
    text("a prefix against scripts", ")]}'\n{\"ociVersion\":\"1.0.0\"}");
  }

  private void versions() {
    for (String version :
        List.of(
            "",
            "1",
            "1.0",
            "2.0.0",
            "0.5.0-dev",
            "11.0.0",
            "v1.0.0",
            "1.0.0 ",
            "1.0.x",
            "01.0.0",
            "1.0.0-",
            "1.0.0.0",
            "1..0",
            "-1.0.0",
            "latest")) {
      add(
          "version " + version,
          tree.with("$.ociVersion", "\"" + version + "\"").bytes(),
          "$.ociVersion");
    }
  }

  private void strings() {
    for (String path :
        List.of("$.process.args[1]", "$.root.path", "$.mounts[0].source", "$.linux.cgroupsPath")) {
      String json = new String(tree.with(path, "\"MARK\"").bytes(), StandardCharsets.UTF_8);
      for (String escape : List.of("\\u0000", "\\ud800", "\\udc00", "\\udd00x", "\\udfff\\udc80")) {
        add(
            path + " has " + escape,
            json.replace("MARK", "a" + escape).getBytes(StandardCharsets.UTF_8),
            path);
      }
    }
    String json =
        new String(tree.with("$.linux.sysctl.MARK", "\"\"").bytes(), StandardCharsets.UTF_8);
    add(
        "a name has a NUL character",
        json.replace("MARK", "a\\u0000").getBytes(StandardCharsets.UTF_8),
        "");
  }

  private void hugeAndDeep() {
    String head = "{\"ociVersion\":\"1.0.0\",";
    int most = JsonIn.MAX_BYTES - 1000;
    text("70 arrays deep", head + "\"x\":" + "[".repeat(70) + "]".repeat(70) + "}");
    text("a million arrays deep", head + "\"x\":" + "[".repeat(1_000_000));
    text("a million objects deep", head + "\"x\":" + "{\"a\":".repeat(700_000));
    text("deep in a known field", head + "\"linux\":" + "{\"x\":".repeat(500_000));
    add("longer than is allowed", new byte[JsonIn.MAX_BYTES + 1], "$");
    text("one huge string that does not end", head + "\"x\":\"" + "a".repeat(most));
    text("one huge name that does not end", head + "\"" + "a".repeat(most));
    text(
        "a huge unknown word",
        head + "\"linux\":{\"rootfsPropagation\":\"" + "a".repeat(most) + "\"}}");
    text("one huge number", head + "\"x\":" + "1".repeat(most) + "}");
    text(
        "a huge name twice", head + ("\"" + "a".repeat(most / 3) + "\":1,").repeat(2) + "\"b\":1}");
    text("only white space, much of it", " ".repeat(most));
    text(
        "many elements, the last one wrong",
        head + "\"process\":{\"args\":[" + "\"\",".repeat(most / 4) + "1]}}");
    StringBuilder names = new StringBuilder(head);
    for (int i = 0; names.length() < most; i++) {
      names.append('"').append(i).append("\":0,");
    }
    text("many names, then an end", names.toString());
    // These names all have the same hash code.
    StringBuilder colliding = new StringBuilder(head);
    for (int i = 0; i < 1 << 16; i++) {
      colliding.append('"');
      for (int bit = 0; bit < 16; bit++) {
        colliding.append((i >> bit & 1) == 0 ? "Aa" : "BB");
      }
      colliding.append("\":0,");
    }
    text("names of one hash code", colliding + "\"Aa\":1,\"Aa\":1}");
    StringBuilder rules = new StringBuilder("[");
    for (int i = 0; i < 30_000; i++) {
      rules.append("{\"allow\":true,\"type\":\"\"},");
    }
    add(
        "30,000 rules, then a word",
        tree.with("$.linux.resources.devices", rules + "\"x\"]").bytes(),
        "$.linux.resources.devices[30000]");
    text("much escaping", head + "\"x\":\"" + "\\u0041".repeat(most / 6) + "\\q\"}");
    add("much that is not UTF-8", repeat((byte) 0xff, most), "$");
  }

  private static byte[] repeat(byte b, int count) {
    byte[] bytes = new byte[count];
    Arrays.fill(bytes, b);
    return bytes;
  }
}
