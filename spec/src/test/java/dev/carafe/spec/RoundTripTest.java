package dev.carafe.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class RoundTripTest {
  @Test
  void everyFieldThatIsWrittenIsReadAgain() {
    Spec spec = new Samples(1, true).make(Spec.class);
    assertEquals(spec, SpecReader.read(SpecWriter.write(spec), "config.json"));
  }

  @Test
  void anyCombinationOfFieldsIsReadAgain() {
    for (long seed = 0; seed < 500; seed++) {
      Spec spec = new Samples(seed, false).make(Spec.class);
      byte[] bytes = SpecWriter.write(spec);
      assertEquals(spec, SpecReader.read(bytes, "config.json"), "seed " + seed);
    }
  }

  @Test
  void processAndResourcesAloneAreReadAgain() {
    Samples samples = new Samples(2, true);
    Process process = samples.make(Process.class);
    assertEquals(process, SpecReader.readProcess(SpecWriter.writeProcess(process), "p"));
    Resources resources = samples.make(Resources.class);
    assertEquals(resources, SpecReader.readResources(SpecWriter.writeResources(resources), "r"));
  }

  @Test
  void namesAreSpelledAsTheSpecSpellsThem() throws IOException {
    byte[] hand = Samples.allFields();
    Spec spec = SpecReader.read(hand, "all-fields.json");
    assertEquals(tree(hand), tree(SpecWriter.write(spec)));
  }

  @Test
  void theHandWrittenDocumentHasEveryField() throws IOException {
    Set<String> hand = new TreeSet<>();
    paths(tree(Samples.allFields()), "$", hand);
    Set<String> sample = new TreeSet<>();
    // The sample has all platforms and names of its own where the names are the user's.
    Spec whole = new Samples(3, true).make(Spec.class);
    paths(tree(SpecWriter.write(whole)), "$", sample);
    for (String platform : List.of("zos", "solaris", "freebsd")) {
      sample.remove("$." + platform);
    }
    Set<String> missing = new TreeSet<>(sample);
    missing.removeAll(hand);
    assertEquals(Set.of(), missing);
    hand.removeAll(sample);
    assertEquals(Set.of(), hand);
  }

  @Test
  void bytesThatAreNotUtf8TravelAsLoneSurrogates() {
    Spec spec =
        Spec.builder("1.0.2")
            .process(Process.builder(List.of("a\udcff\udc80b", "\ud83d\ude00\udcc3"), "/").build())
            .build();
    String json = new String(SpecWriter.write(spec), StandardCharsets.UTF_8);
    assertTrue(json.contains("\"a\\udcff\\udc80b\""), json);
    assertEquals(spec, SpecReader.read(SpecWriter.write(spec), "config.json"));
  }

  @Test
  void orderIsKept() {
    String json =
        "{\"ociVersion\":\"1.0.0\",\"annotations\":{\"z\":\"1\",\"a\":\"2\",\"m\":\"3\"},"
            + "\"process\":{\"cwd\":\"/\",\"args\":[\"x\"],\"env\":[\"Z=1\",\"A=2\",\"Z=3\"]}}";
    Spec spec = SpecReader.read(json.getBytes(StandardCharsets.UTF_8), "config.json");
    assertEquals(List.of("z", "a", "m"), List.copyOf(spec.annotations().keySet()));
    assertEquals(List.of("Z=1", "A=2", "Z=3"), spec.process().orElseThrow().env());
  }

  private static JsonElement tree(byte[] bytes) {
    return JsonParser.parseString(new String(bytes, StandardCharsets.UTF_8));
  }

  private static void paths(JsonElement e, String path, Set<String> into) {
    into.add(path);
    if (e.isJsonArray()) {
      for (JsonElement item : e.getAsJsonArray()) {
        paths(item, path + "[]", into);
      }
    } else if (e.isJsonObject()) {
      for (Map.Entry<String, JsonElement> field : e.getAsJsonObject().entrySet()) {
        boolean users =
            Set.of(
                    "$.annotations",
                    "$.hooks",
                    "$.linux.sysctl",
                    "$.linux.netDevices",
                    "$.linux.timeOffsets",
                    "$.linux.resources.rdma",
                    "$.linux.resources.unified")
                .contains(path);
        paths(field.getValue(), path + "." + (users ? "*" : field.getKey()), into);
      }
    }
  }
}
