package dev.carafe.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.spec.MalformedConfigs.MalformedConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SpecReaderTest {
  private static Spec read(String json) {
    return SpecReader.read(json.getBytes(StandardCharsets.UTF_8), "config.json");
  }

  private static String error(String json) {
    return assertThrows(SpecException.class, () -> read(json)).getMessage();
  }

  @Test
  void everyMalformedConfigIsRefusedWithItsPlaceWithinASecond() throws IOException {
    List<MalformedConfig> cases = MalformedConfigs.all();
    assertTrue(cases.size() > 1000, "only " + cases.size() + " cases");
    List<String> failures = new ArrayList<>();
    long slowest = 0;
    String slowestName = "";
    for (MalformedConfig c : cases) {
      // The time of the processor: how busy the machine is does not matter.
      byte[] bytes = c.bytes();
      long begin = cpuTime();
      try {
        SpecReader.read(bytes, "config.json");
        failures.add(c.name() + ": accepted");
      } catch (SpecException e) {
        check(c, e, failures);
      }
      long took = cpuTime() - begin;
      if (took > slowest) {
        slowest = took;
        slowestName = c.name();
      }
      if (took > 1_000_000_000) {
        failures.add(c.name() + ": took " + took / 1_000_000 + " ms");
      }
    }
    System.out.println(
        cases.size()
            + " malformed files refused; the slowest took "
            + slowest / 1_000_000
            + " ms: "
            + slowestName);
    assertEquals(List.of(), failures);
  }

  /** The nanoseconds that this thread has run, which the load of the machine does not change. */
  private static long cpuTime() throws IOException {
    String stat = Files.readString(Path.of("/proc/thread-self/schedstat"));
    return Long.parseLong(stat.substring(0, stat.indexOf(' ')));
  }

  private static void check(MalformedConfig c, SpecException e, List<String> failures) {
    String message = e.getMessage();
    int end = message.indexOf(": $");
    String[] place = end < 0 ? new String[0] : message.substring(0, end).split(":", -1);
    boolean placed =
        place.length == 3
            && place[0].equals("config.json")
            && Integer.parseInt(place[1]) >= 1
            && Integer.parseInt(place[2]) >= 1;
    if (!placed) {
      failures.add(c.name() + ": no place: " + message);
    } else if (!c.path().isEmpty() && !e.path().equals(c.path())) {
      failures.add(c.name() + ": expected " + c.path() + ": " + message);
    } else if (message.length() > 1000) {
      failures.add(c.name() + ": a message of " + message.length() + " characters");
    } else if (!message.chars().allMatch(ch -> ch >= ' ' && ch != 0x7f)) {
      failures.add(c.name() + ": the message drives a terminal");
    }
  }

  /** Each line: the document, with ~ for a line break | the whole message. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"ociVersion": 7} | config.json:1:16: $.ociVersion: expected a string, found 7
          {~  "ociVersion": "1.0.0",~  "root": []~} | config.json:3:11: $.root: expected an object, found an array
          {"ociVersion":"1.0.0","process":{"args":["a","b"~,  5]}} | config.json:2:4: $.process.args[2]: expected a string, found 5
          {"ociVersion":"1.0.0","process":{"rlimits":[{"soft":"abc"}]}} | config.json:1:53: $.process.rlimits[0].soft: expected an unsigned 64-bit integer, found the string "abc"
          {"ociVersion":"1.0.0","process":{"rlimits":[{"soft":-1}]}} | config.json:1:53: $.process.rlimits[0].soft: expected an unsigned 64-bit integer, found -1
          {"ociVersion":"1.0.0","process":{"cwd":"/"}} | config.json:1:33: $.process: the required "args" is missing
          {"ociVersion":"1.0.0","mounts":[{"destination":"/"}, {}]} | config.json:1:54: $.mounts[1]: the required "destination" is missing
          {} | config.json:1:1: $: the required "ociVersion" is missing
          {"ociVersion":"1.0.0","a":1,~"a":2} | config.json:2:1: $.a: the name "a" is there twice
          {"ociVersion":"1.0.0"} x | config.json:1:24: $: this is not JSON: x
          {"ociVersion":"1.0.0"} {} | config.json:1:24: $: this is not JSON: {
          {"ociVersion":"1.0.0" | config.json:1:22: $.ociVersion: the file ends before the document does
          {"ociVersion":"1.0.0",~"hostname":"x | config.json:2:12: $.hostname: a string without an end
          {"ociVersion":"1.0.0",} | config.json:1:23: $.ociVersion: expected a name in double quotes
          {"ociVersion":"1.0.0" "a":1} | config.json:1:23: $.ociVersion: expected a comma or }
          {"ociVersion":"1.0.0","mounts":[1 2]} | config.json:1:33: $.mounts[0]: expected an object, found 1
          {"ociVersion":"1.0.0","x":[1 2]} | config.json:1:30: $.x[1]: expected a comma or ]
          {"ociVersion":"1.0.0","linux":{"rootfsPropagation":"Shared"}} | config.json:1:52: $.linux.rootfsPropagation: expected one of shared, slave, private, unbindable, rshared, rslave, rprivate, runbindable, found "Shared"
          {"ociVersion":"2.0.0"} | config.json:1:15: $.ociVersion: version "2.0.0" is not supported; Carafe knows 1.0.0 to 1.3.0 and all that keep to version 1
          """)
  void errorsNameThePlaceAndWhatIsWrong(String document, String message) {
    assertEquals(message, error(document.replace('~', '\n')));
  }

  @Test
  void anEmptyFileSaysSo() {
    assertEquals("config.json:1:1: $: the file is empty", error(""));
  }

  @Test
  void aByteThatIsNotUtf8IsNamedByLineAndColumn() throws IOException {
    byte[] bytes = "{\n \"é\": \"x?\"}".getBytes(StandardCharsets.UTF_8);
    bytes[bytes.length - 3] = (byte) 0xfe;
    SpecException e =
        assertThrows(SpecException.class, () -> SpecReader.read(bytes, "dir/config.json"));
    assertTrue(
        e.getMessage().startsWith("dir/config.json:2:9: $: byte 11 is not UTF-8: 0xfe"),
        e.getMessage());
    // A replacement character that is really in the file is no error.
    read("{\"ociVersion\":\"1.0.0\",\"hostname\":\"\ufffd\"}");
  }

  @Test
  void whatIsUnknownIsIgnored() {
    Spec spec =
        read("{\"future\":{\"a\":[1,2.5e300,null,\"x\",true]},\"ociVersion\":\"1.9.7-rc.1+b\"}");
    assertEquals(Spec.builder("1.9.7-rc.1+b").build(), spec);
  }

  @Test
  void nullMeansAbsent() {
    assertEquals(
        Spec.builder("1.0.0").build(),
        read(
            "{\"ociVersion\":\"1.0.0\",\"process\":null,\"root\":null,\"hostname\":null,"
                + "\"mounts\":null,\"hooks\":null,\"annotations\":null,\"linux\":null,"
                + "\"windows\":null}"));
  }

  @Test
  void emptyStringsMeanAbsentAsTheyDoToRunc() {
    Spec spec =
        read(
            "{\"ociVersion\":\"1.0.0\",\"hostname\":\"\","
                + "\"linux\":{\"cgroupsPath\":\"\",\"rootfsPropagation\":\"\"}}");
    assertEquals(Spec.builder("1.0.0").linux(Linux.builder().build()).build(), spec);
  }

  @Test
  void sectionsForOtherPlatformsAreKeptByName() {
    Spec spec = read("{\"ociVersion\":\"1.0.0\",\"windows\":{\"a\":1},\"vm\":{},\"freebsd\":{}}");
    assertEquals(Set.of("windows", "vm", "freebsd"), spec.otherPlatforms());
  }

  @Test
  void unsignedNumbersKeepTheirFullRange() {
    Process p =
        SpecReader.readProcess(
            ("{\"cwd\":\"/\",\"args\":[\"x\"],\"rlimits\":[{\"type\":\"RLIMIT_CORE\","
                    + "\"soft\":9223372036854775808,\"hard\":18446744073709551615}]}")
                .getBytes(StandardCharsets.UTF_8),
            "process.json");
    assertEquals(new Rlimit(RlimitType.CORE, Long.MIN_VALUE, -1), p.rlimits().get(0));
    String json = new String(SpecWriter.writeProcess(p), StandardCharsets.UTF_8);
    assertTrue(json.contains("9223372036854775808"), json);
    assertTrue(json.contains("18446744073709551615"), json);
  }

  @Test
  void listsAndMapsCannotBeChanged() throws IOException {
    Spec spec = SpecReader.read(Samples.allFields(), "config.json");
    assertThrows(UnsupportedOperationException.class, () -> spec.mounts().clear());
    assertThrows(UnsupportedOperationException.class, () -> spec.annotations().put("a", "b"));
    assertThrows(UnsupportedOperationException.class, () -> spec.otherPlatforms().clear());
    assertThrows(
        UnsupportedOperationException.class, () -> spec.process().orElseThrow().env().add("a"));
  }

  @Test
  void resourcesAloneAreRefusedByTheirOwnPaths() {
    SpecException e =
        assertThrows(
            SpecException.class,
            () ->
                SpecReader.readResources(
                    "{\"pids\":{\"limit\":1.0}}".getBytes(StandardCharsets.UTF_8), "r.json"));
    assertEquals(
        "r.json:1:18: $.pids.limit: expected a signed 64-bit integer, found 1.0", e.getMessage());
  }

  @Test
  void whateverIsReadIsWrittenAndReadTheSame() throws IOException {
    byte[] good = Samples.allFields();
    int accepted = 0;
    for (long seed = 0; seed < 20_000; seed++) {
      byte[] mutant = mutate(good, new Random(seed));
      Optional<Spec> spec;
      try {
        spec = Optional.of(SpecReader.read(mutant, "config.json"));
      } catch (SpecException e) {
        assertTrue(e.getMessage().startsWith("config.json:"), "seed " + seed + ": " + e);
        continue;
      } catch (RuntimeException | StackOverflowError e) {
        throw new AssertionError("seed " + seed, e);
      }
      accepted++;
      Spec again = SpecReader.read(SpecWriter.write(spec.get()), "config.json");
      assertEquals(spec.get(), again, "seed " + seed);
    }
    // If no mutant or every mutant passed, the mutations would show nothing.
    assertTrue(accepted > 100 && accepted < 19_000, "accepted " + accepted);
  }

  private static byte[] mutate(byte[] good, Random random) {
    String structure = "{}[]\",:\\0123456789eE+-.truefalsn \n\u0000\u007f";
    byte[] b = good.clone();
    int edits = 1 + random.nextInt(4);
    for (int i = 0; i < edits; i++) {
      int at = random.nextInt(b.length);
      int length = Math.min(random.nextInt(20), b.length - at);
      switch (random.nextInt(6)) {
        case 0 -> b[at] = (byte) random.nextInt(256);
        case 1, 2 -> b[at] = (byte) structure.charAt(random.nextInt(structure.length()));
        case 3 -> b = splice(b, at, length, new byte[0]);
        case 4 -> b = splice(b, at, 0, Arrays.copyOfRange(b, at, at + length));
        default -> {
          int from = random.nextInt(b.length);
          b = splice(b, at, length, Arrays.copyOfRange(b, from, Math.min(from + 30, b.length)));
        }
      }
    }
    return b;
  }

  private static byte[] splice(byte[] b, int at, int length, byte[] with) {
    byte[] result = new byte[b.length - length + with.length];
    System.arraycopy(b, 0, result, 0, at);
    System.arraycopy(with, 0, result, at, with.length);
    System.arraycopy(b, at + length, result, at + with.length, b.length - at - length);
    return result;
  }

  @Test
  void aMapKeepsNamesThatLookLikePaths() {
    Spec spec = read("{\"ociVersion\":\"1.0.0\",\"annotations\":{\"a.b[0]\":\"x\",\"$.c\":\"y\"}}");
    assertEquals(Map.of("a.b[0]", "x", "$.c", "y"), spec.annotations());
    assertFalse(spec.linux().isPresent());
  }
}
