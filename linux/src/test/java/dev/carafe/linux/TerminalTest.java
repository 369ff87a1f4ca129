package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class TerminalTest {

  private static byte[] read(Fd fd) {
    assertTrue(Sys.poll(fd, Sys.POLLIN, 10_000) != 0);
    return Sys.read(fd, 100);
  }

  @Test
  void bothSidesTalk() {
    try (Terminal.Pair pair = Terminal.open()) {
      assertTrue(Terminal.isTerminal(pair.master()));
      assertTrue(Terminal.isTerminal(pair.terminal()));
      Sys.writeFully(pair.terminal(), "a\n".getBytes(StandardCharsets.UTF_8));
      assertArrayEquals("a\r\n".getBytes(StandardCharsets.UTF_8), read(pair.master()));
    }
  }

  @Test
  void otherFilesAreNoTerminals() {
    try (Fd nil = Sys.open("/dev/null", Open.RDONLY, 0)) {
      assertFalse(Terminal.isTerminal(nil));
      assertFalse(Terminal.isTerminal(9999));
    }
  }

  @Test
  void theSizeIsSetAndRead() {
    try (Terminal.Pair pair = Terminal.open()) {
      Terminal.setSize(pair.master(), new Terminal.Size(43, 65535));
      Terminal.Size size = Terminal.size(pair.terminal());
      assertEquals(43, size.rows());
      assertEquals(65535, size.columns());
    }
  }

  @Test
  void rawPassesBytesAsTheyAreAndIsUndone() {
    try (Terminal.Pair pair = Terminal.open()) {
      byte[] before = Terminal.makeRaw(pair.terminal());
      byte[] odd = {3, 4, 10, 13, 17, 19, 26, 28, 127, (byte) 0xff, 0};
      Sys.writeFully(pair.terminal(), odd);
      assertArrayEquals(odd, read(pair.master()));
      Sys.writeFully(pair.master(), odd);
      assertArrayEquals(odd, read(pair.terminal()));
      assertEquals(0, Sys.poll(pair.master(), Sys.POLLIN, 0), "nothing is echoed");
      Terminal.restore(pair.terminal(), before);
      assertArrayEquals(before, Terminal.settings(pair.terminal()));
    }
  }
}
