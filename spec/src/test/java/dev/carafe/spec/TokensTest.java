package dev.carafe.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import dev.carafe.spec.Tokens.MalformedException;
import dev.carafe.spec.Tokens.Token;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The reader of JSON against another one, that is known to be strict. */
final class TokensTest {
  private static final int DOCUMENTS = 6000;
  private static final String BYTES = "{}[]:,\"\\/'#;=+-.eE019 \n\t\r\f\0truefalsnux\u007f";

  @Test
  void changedDocumentsAreTakenApartOrRefusedAsByGson() throws Exception {
    byte[] whole;
    try (InputStream in = TokensTest.class.getResourceAsStream("all-fields.json")) {
      whole = in.readAllBytes();
    }
    Random random = new Random(7);
    int good = 0;
    for (int i = 0; i < DOCUMENTS; i++) {
      byte[] text = i == 0 ? whole : changed(whole, random);
      String shown = new String(text, StandardCharsets.US_ASCII);
      List<String> theirs = theirs(shown);
      assertEquals(theirs, ours(text), () -> shown);
      good += theirs.equals(List.of("refused")) ? 0 : 1;
    }
    int accepted = good;
    assertTrue(accepted > DOCUMENTS / 20, () -> accepted + " were good");
    assertTrue(accepted < DOCUMENTS * 19 / 20, () -> accepted + " were good");
  }

  @Test
  void shortDocumentsToo() {
    Random random = new Random(8);
    for (int i = 0; i < 20 * DOCUMENTS; i++) {
      byte[] text = new byte[random.nextInt(9)];
      for (int k = 0; k < text.length; k++) {
        text[k] = (byte) BYTES.charAt(random.nextInt(BYTES.length()));
      }
      String shown = new String(text, StandardCharsets.US_ASCII);
      assertEquals(theirs(shown), ours(text), () -> "<" + shown + ">");
    }
  }

  /** A piece of a document, since a whole one takes long, with up to two bytes changed. */
  private static byte[] changed(byte[] whole, Random random) {
    int length = 20 + random.nextInt(600);
    int from = random.nextInt(whole.length - length);
    byte[] text = new byte[length + 2];
    System.arraycopy(whole, from, text, 1, length);
    boolean inObject = random.nextBoolean();
    text[0] = (byte) (inObject ? '{' : '[');
    text[length + 1] = (byte) (inObject ? '}' : ']');
    if (random.nextInt(3) == 0) {
      text =
          "{\"a\": [1, -2.5e3, true, null, \"x\\u00e9\\n\"], \"b\": {\"c\": false}}"
              .getBytes(StandardCharsets.US_ASCII);
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      text[random.nextInt(text.length)] = (byte) BYTES.charAt(random.nextInt(BYTES.length()));
    }
    return text;
  }

  private static List<String> ours(byte[] text) {
    List<String> all = new ArrayList<>();
    Tokens tokens = new Tokens(text);
    try {
      while (true) {
        Token next = tokens.peek();
        switch (next) {
          case BEGIN_OBJECT -> tokens.beginObject();
          case BEGIN_ARRAY -> tokens.beginArray();
          case END_OBJECT, END_ARRAY -> tokens.leave();
          case NAME -> all.add(tokens.nextName());
          case STRING -> all.add(tokens.nextString());
          case NUMBER, BOOLEAN, NULL -> all.add(tokens.nextLiteral());
          case END_DOCUMENT -> {
            return all;
          }
        }
        all.add(next + " " + tokens.path() + " " + tokens.previousPath());
      }
    } catch (MalformedException e) {
      return List.of("refused");
    }
  }

  private static List<String> theirs(String text) {
    List<String> all = new ArrayList<>();
    try (JsonReader reader = new JsonReader(new StringReader(text))) {
      reader.setStrictness(Strictness.STRICT);
      reader.setNestingLimit(JsonIn.MAX_DEPTH);
      while (true) {
        String next = reader.peek().name();
        switch (reader.peek()) {
          case BEGIN_OBJECT -> reader.beginObject();
          case BEGIN_ARRAY -> reader.beginArray();
          case END_OBJECT -> reader.endObject();
          case END_ARRAY -> reader.endArray();
          case NAME -> all.add(reader.nextName());
          case STRING, NUMBER -> all.add(reader.nextString());
          case BOOLEAN -> all.add(Boolean.toString(reader.nextBoolean()));
          case NULL -> {
            reader.nextNull();
            all.add("null");
          }
          case END_DOCUMENT -> {
            return all;
          }
        }
        all.add(next + " " + reader.getPath() + " " + reader.getPreviousPath());
      }
    } catch (IOException e) {
      return List.of("refused");
    }
  }
}
