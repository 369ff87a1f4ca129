package dev.carafe.runtime.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The messages to and from CRIU; the expected bytes are what protobuf-java 4.36 makes of them. */
final class WireTest {
  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text);
  }

  @Test
  void aMessageIsWrittenAsProtocolBuffersWantIt() {
    WireWriter inner = new WireWriter().text(1, "a").number(2, 300);
    byte[] bytes =
        new WireWriter()
            .number(1, 1)
            .number(2, -1)
            .flag(3, true)
            .flag(4, false)
            .text(10, "dump.log")
            .message(34, inner)
            .toBytes();
    assertArrayEquals(
        hex("080110ffffffffffffffffff01180152" + "0864756d702e6c6f67" + "9202060a016110ac02"),
        bytes);
  }

  @Test
  void aLongTextGrowsTheMessage() {
    String text = "x".repeat(5000);
    WireReader in = new WireReader(new WireWriter().text(1, text).toBytes());
    assertTrue(in.next());
    assertEquals(text, in.text());
    assertFalse(in.next());
  }

  @Test
  void anAnswerIsReadWithFieldsThatNobodyKnows() {
    CriuAnswer version =
        CriuAnswer.parse(hex("080a1001f80601fd060000000052060803101120019a06026869"));
    assertTrue(version.success());
    assertEquals(31701, version.version());
    CriuAnswer failed = CriuAnswer.parse(hex("080110003810" + "4a03776879"));
    assertFalse(failed.success());
    assertEquals(16, failed.errno());
    assertEquals("why", failed.message());
    CriuAnswer notice = CriuAnswer.parse(hex("080610012a0a0a05706f73742d" + "10b960"));
    assertEquals("post-", notice.notice());
    assertEquals(12345, notice.noticePid());
  }

  @Test
  void aNumberWhereATextBelongsIsMalformed() {
    assertThrows(CriuException.class, () -> CriuAnswer.parse(hex("4801")));
    assertThrows(CriuException.class, () -> CriuAnswer.parse(hex("0a0161")));
  }

  @Test
  void whatIsCutOrChangedIsReadOrRefusedAndNothingElse() {
    byte[] good =
        hex("080610012a160a1073657475702d6e616d6573706163657310b960520608031011200138104a03776879");
    Random random = new Random(7);
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] bad = Arrays.copyOf(good, random.nextInt(good.length + 1));
      for (int change = random.nextInt(4); change > 0 && bad.length > 0; change--) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt();
      }
      try {
        CriuAnswer.parse(bad);
      } catch (CriuException e) {
        refused++;
      }
    }
    assertTrue(refused > 1000, refused + " refused");
  }
}
