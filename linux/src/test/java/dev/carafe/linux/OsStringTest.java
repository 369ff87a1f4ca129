package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class OsStringTest {

  private static byte[] bytes(int... values) {
    byte[] all = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      all[i] = (byte) values[i];
    }
    return all;
  }

  private static void roundTrip(byte[] bytes) {
    String text = OsString.decode(bytes);
    assertArrayEquals(bytes, OsString.encode(text), () -> Arrays.toString(bytes) + " as " + text);
  }

  @Test
  void wellFormedTextIsReadAsUtf8() {
    String text =
        "plain, é, €, 𝄞, \u07ff\u0800\uffff\ue000\ud7ff" + new String(Character.toChars(0x10ffff));
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    assertEquals(text, OsString.decode(utf8));
    assertArrayEquals(utf8, OsString.encode(text));
  }

  @Test
  void everyCodePointGoesThroughAsUtf8() {
    for (int c = 0; c <= 0x10ffff; c++) {
      if (c >= 0xd800 && c < 0xe000) {
        continue;
      }
      String text = new String(Character.toChars(c));
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      if (!OsString.decode(utf8).equals(text) || !Arrays.equals(utf8, OsString.encode(text))) {
        assertEquals(text, OsString.decode(utf8), "code point " + c);
        assertArrayEquals(utf8, OsString.encode(text), "code point " + c);
      }
    }
  }

  @Test
  void bytesThatAreNotUtf8BecomeLoneSurrogates() {
    assertEquals("a\udcffb", OsString.decode(bytes('a', 0xff, 'b')));
    assertEquals("\udcc0\udcaf", OsString.decode(bytes(0xc0, 0xaf)), "an overlong slash");
    assertEquals("\udce2\udc82", OsString.decode(bytes(0xe2, 0x82)), "a cut euro sign");
    assertEquals("\udcf4\udc90\udc80\udc80", OsString.decode(bytes(0xf4, 0x90, 0x80, 0x80)));
  }

  @Test
  void encodedSurrogatesCountAsInvalidBytes() {
    assertEquals("\udced\udca0\udc80", OsString.decode(bytes(0xed, 0xa0, 0x80)));
    assertEquals("\udced\udcb3\udcbf", OsString.decode(bytes(0xed, 0xb3, 0xbf)));
    roundTrip(bytes(0xed, 0xa0, 0x80, 0xed, 0xb0, 0x80));
  }

  @Test
  void anyBytesComeBackExactly() {
    for (int a = 0; a < 256; a++) {
      for (int b = 0; b < 256; b++) {
        roundTrip(bytes(a, b));
      }
    }
    Random random = new Random(7);
    int[] edges = {
      0, 0x7f, 0x80, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff, 0x9f, 0xa0
    };
    for (int i = 0; i < 200_000; i++) {
      byte[] some = new byte[random.nextInt(12)];
      for (int k = 0; k < some.length; k++) {
        some[k] =
            (byte)
                (random.nextBoolean() ? random.nextInt(256) : edges[random.nextInt(edges.length)]);
      }
      roundTrip(some);
    }
  }

  @Test
  void surrogatesThatStandForNoByteAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> OsString.encode("\ud800"));
    assertThrows(IllegalArgumentException.class, () -> OsString.encode("\udc7f"));
    assertThrows(IllegalArgumentException.class, () -> OsString.encode("\udd00x"));
  }

  @Test
  void stringsForTheKernelMustNotHoldNul() {
    assertArrayEquals(bytes('a', 0), OsString.encodeWithNul("a"));
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> OsString.encodeWithNul("/tmp/a\0b"));
    assertEquals("a string for the kernel holds a NUL character: \"/tmp/a\\0b\"", e.getMessage());
  }
}
