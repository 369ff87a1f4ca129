package dev.carafe.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.JsonParser;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class JsonTest {
  private static byte[] utf8(String s) {
    return s.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void compactHasNoWhiteSpace() {
    JsonOut out = JsonOut.compact().beginObject();
    out.field("a", "x").field("b", -1).field("c", true).name("d").unsigned(-1);
    out.strings("e", List.of("1", "2")).stringMap("f", Map.of()).strings("g", List.of());
    out.field("h", Optional.empty()).field("i", OptionalInt.empty());
    out.field("j", OptionalLong.of(5)).unsignedField("k", OptionalLong.of(Long.MIN_VALUE));
    assertEquals(
        "{\"a\":\"x\",\"b\":-1,\"c\":true,\"d\":18446744073709551615,\"e\":[\"1\",\"2\"],"
            + "\"f\":{},\"g\":[],\"j\":5,\"k\":9223372036854775808}",
        out.endObject().toString());
  }

  @Test
  void indentedHasALineForEachValue() {
    JsonOut out = JsonOut.indented("  ").beginObject().field("a", 1).name("b").beginArray();
    out.beginObject().endObject().number(2).endArray().name("c").beginArray().endArray();
    assertEquals(
        "{\n  \"a\": 1,\n  \"b\": [\n    {},\n    2\n  ],\n  \"c\": []\n}",
        out.endObject().toString());
  }

  @Test
  void stringsAreEscapedAndNothingElse() {
    String s = "\"\\/<>&'\n\r\t\b\u0000\u001f\u007f\u009fé\u2028\u2029\ud83d\ude00\udc80x";
    JsonOut out = JsonOut.compact().string(s);
    assertEquals(
        "\"\\\"\\\\/<>&'\\n\\r\\t\\u0008\\u0000\\u001f\\u007f\\u009fé\\u2028\\u2029\ud83d\ude00"
            + "\\udc80x\"",
        out.toString());
    assertEquals(s, JsonParser.parseString(out.toString()).getAsString());
  }

  @Test
  void aDocumentThatIsNotCompleteIsNotGivenOut() {
    assertThrows(IllegalStateException.class, () -> JsonOut.compact().beginObject().toBytes());
    assertThrows(IllegalStateException.class, () -> JsonOut.compact().endObject());
    assertThrows(
        IllegalStateException.class, () -> JsonOut.compact().beginObject().endObject().number(1));
  }

  @Test
  void otherDocumentsAreReadWithTheSameStrictness() {
    List<String> seen = new ArrayList<>();
    Long pid =
        JsonIn.read(
            utf8("{\"id\":\"web\",\"gone\":null,\"n\":18446744073709551615,\"later\":[{}]}"),
            "state.json",
            in -> {
              long n = 0;
              in.object();
              while (in.next()) {
                seen.add(in.name());
                switch (in.name()) {
                  case "id" -> assertEquals("web", in.string());
                  case "n" -> n = in.uint64();
                  default -> in.skip();
                }
              }
              return n;
            });
    assertEquals(-1L, pid);
    assertEquals(List.of("id", "n", "later"), seen);
    SpecException e =
        assertThrows(
            SpecException.class,
            () -> JsonIn.read(utf8("[1,2,\"x\"]"), "state.json", in -> in.list(JsonIn::int64)));
    assertEquals(
        "state.json:1:6: $[2]: expected a signed 64-bit integer, found the string \"x\"",
        e.getMessage());
    e =
        assertThrows(
            SpecException.class,
            () ->
                JsonIn.read(
                    utf8("{\"id\": \"x/y\"}"),
                    "state.json",
                    in -> {
                      in.object();
                      in.next();
                      in.string();
                      throw in.failRead("not an id");
                    }));
    assertEquals("state.json:1:8: $.id: not an id", e.getMessage());
  }

  @Test
  void aHookReadsTheStateThatTheSpecDescribes() {
    OciState state =
        new OciState(
            "1.3.0",
            "web",
            "creating",
            OptionalInt.of(4422),
            "/containers/redis",
            Map.of("myKey", "myValue"),
            Optional.of("/containers/redis/rootfs"),
            Optional.of("2026-11-23T16:12:47.470819153Z"),
            Optional.of("root"));
    assertEquals(
        "{\"ociVersion\":\"1.3.0\",\"id\":\"web\",\"status\":\"creating\",\"pid\":4422,"
            + "\"bundle\":\"/containers/redis\",\"annotations\":{\"myKey\":\"myValue\"}}",
        new String(state.toHookInput(), StandardCharsets.UTF_8));
  }

  @Test
  void stateIsPrintedAsRuncPrintsIt() {
    OciState state =
        new OciState(
            "1.0.2-dev",
            "spect4",
            "stopped",
            OptionalInt.empty(),
            "/tmp/b",
            Map.of(),
            Optional.of("/tmp/b/rootfs"),
            Optional.of("2026-11-23T16:12:47.470819153Z"),
            Optional.empty());
    JsonOut out = JsonOut.indented("  ");
    state.writeTo(out);
    // Taken from runc 1.1.5.
    assertEquals(
        """
        {
          "ociVersion": "1.0.2-dev",
          "id": "spect4",
          "pid": 0,
          "status": "stopped",
          "bundle": "/tmp/b",
          "rootfs": "/tmp/b/rootfs",
          "created": "2026-11-23T16:12:47.470819153Z",
          "owner": ""
        }\
        """,
        out.toString());
  }

  @Test
  void featuresHaveTheNamesOfTheSpec() {
    Features features =
        new Features(
            "1.0.0",
            "1.3.0",
            List.of(HookKind.PRESTART, HookKind.CREATE_RUNTIME),
            List.of("ro", "rbind"),
            new Features.Linux(
                List.of(NamespaceType.PID, NamespaceType.TIME),
                List.of("CAP_KILL"),
                new Features.Cgroup(true, true, false, false, true),
                Optional.of(
                    new Features.SystemCallFilter(
                        List.of(SeccompAction.ALLOW),
                        List.of(SeccompOperator.NE),
                        List.of(SeccompArch.X86_64),
                        List.of(SeccompFlag.LOG),
                        List.of())),
                true,
                false,
                new Features.Rdt(false, false, false),
                Optional.of(
                    new Features.NumaPolicy(
                        List.of(MemoryPolicyMode.BIND), List.of(MemoryPolicyFlag.STATIC_NODES))),
                true,
                false),
            Map.of("dev.carafe.version", "0.1.0"),
            List.of("dev.carafe."));
    JsonOut out = JsonOut.compact();
    features.writeTo(out);
    assertEquals(
        "{\"ociVersionMin\":\"1.0.0\",\"ociVersionMax\":\"1.3.0\","
            + "\"hooks\":[\"prestart\",\"createRuntime\"],\"mountOptions\":[\"ro\",\"rbind\"],"
            + "\"linux\":{\"namespaces\":[\"pid\",\"time\"],\"capabilities\":[\"CAP_KILL\"],"
            + "\"cgroup\":{\"v1\":true,\"v2\":true,\"systemd\":false,\"systemdUser\":false,"
            + "\"rdma\":true},\"seccomp\":{\"enabled\":true,\"actions\":[\"SCMP_ACT_ALLOW\"],"
            + "\"operators\":[\"SCMP_CMP_NE\"],\"archs\":[\"SCMP_ARCH_X86_64\"],"
            + "\"knownFlags\":[\"SECCOMP_FILTER_FLAG_LOG\"]},\"apparmor\":{\"enabled\":true},"
            + "\"selinux\":{\"enabled\":false},"
            + "\"intelRdt\":{\"enabled\":false,\"schemata\":false,\"monitoring\":false},"
            + "\"memoryPolicy\":{\"modes\":[\"MPOL_BIND\"],\"flags\":[\"MPOL_F_STATIC_NODES\"]},"
            + "\"mountExtensions\":{\"idmap\":{\"enabled\":true}},"
            + "\"netDevices\":{\"enabled\":false}},"
            + "\"annotations\":{\"dev.carafe.version\":\"0.1.0\"},"
            + "\"potentiallyUnsafeConfigAnnotations\":[\"dev.carafe.\"]}",
        out.toString());
  }
}
