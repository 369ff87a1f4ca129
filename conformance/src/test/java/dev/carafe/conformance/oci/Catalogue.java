package dev.carafe.conformance.oci;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The sentences of the specification, in its order, in our words. */
final class Catalogue {
  private final Map<String, Sentence> sentences = new LinkedHashMap<>();

  /**
   * A sentence.
   *
   * @param id its document, section and place
   * @param document the file of the specification
   * @param section the heading that it stands under
   * @param level MUST, SHOULD and so on; {@code field} for what a property means, which the create
   *     operation MUST apply
   * @param words what it says
   * @param reason why there is nothing to try on a Linux runtime; empty if there is
   */
  record Sentence(
      String id, String document, String section, String level, String words, String reason) {}

  Catalogue() {
    String document = "";
    String section = "";
    for (String line : lines("catalogue.txt")) {
      if (line.startsWith("## ")) {
        section = line.substring(3);
      } else if (line.startsWith("# ")) {
        document = line.substring(2);
      } else {
        String[] parts = line.split("\\s*\\|\\s*", -1);
        if (parts.length != 3 && parts.length != 4) {
          throw new AssertionError("catalogue.txt: not id | level | words [| reason]: " + line);
        }
        Sentence sentence =
            new Sentence(
                parts[0], document, section, parts[1], parts[2], parts.length == 4 ? parts[3] : "");
        if (sentences.put(parts[0], sentence) != null) {
          throw new AssertionError("catalogue.txt: twice: " + parts[0]);
        }
      }
    }
  }

  List<Sentence> sentences() {
    return new ArrayList<>(sentences.values());
  }

  /** Returns the lines of a resource that are not blank and no remarks. */
  static List<String> lines(String name) {
    try (InputStream in =
        Objects.requireNonNull(Catalogue.class.getResourceAsStream("/oci/" + name), name)) {
      List<String> lines = new ArrayList<>();
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n", -1)) {
        if (!line.isBlank() && !line.startsWith("//")) {
          lines.add(line.strip());
        }
      }
      return lines;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
