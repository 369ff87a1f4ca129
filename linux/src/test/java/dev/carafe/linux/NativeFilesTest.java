package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the compiled agent and library promise: no C library, small, the same bytes each time. */
final class NativeFilesTest {
  private static final int PT_DYNAMIC = 2;
  private static final int PT_INTERP = 3;
  private static final int PT_GNU_STACK = 0x6474e551;
  private static final int DT_NEEDED = 1;
  private static final int DT_STRTAB = 5;

  /** Returns where the program header of this type is, -1 if there is none. */
  private static int header(byte[] elf, int type) {
    int at = (int) Bytes.getLong(elf, 32);
    int count = Bytes.getShort(elf, 56);
    for (int i = 0; i < count; i++, at += 56) {
      if (Bytes.getInt(elf, at) == type) {
        return at;
      }
    }
    return -1;
  }

  @Test
  void theAgentNeedsNothing() {
    byte[] elf = NativeLibrary.resource("carafe");
    assertEquals(-1, header(elf, PT_INTERP));
    assertEquals(-1, header(elf, PT_DYNAMIC));
    assertEquals(6, Bytes.getInt(elf, header(elf, PT_GNU_STACK) + 4), "its stack is no code");
    assertTrue(elf.length < 65536, "its size: " + elf.length);
  }

  @Test
  void theLibraryNeedsNoOther() {
    byte[] elf = NativeLibrary.resource("libcarafe.so");
    assertEquals(List.of(), needed(elf));
    assertEquals(6, Bytes.getInt(elf, header(elf, PT_GNU_STACK) + 4), "its stack is no code");
  }

  @Test
  void theLibraryForFiltersNeedsLibseccompAndNoOther() {
    byte[] elf = NativeLibrary.resource("libcarafe-seccomp.so");
    assertEquals(List.of("libseccomp.so.2"), needed(elf));
    assertEquals(6, Bytes.getInt(elf, header(elf, PT_GNU_STACK) + 4), "its stack is no code");
  }

  /**
   * Returns the libraries that a library needs. Its strings are loaded where they lie in the file.
   */
  private static List<String> needed(byte[] elf) {
    int dynamic = header(elf, PT_DYNAMIC);
    int start = (int) Bytes.getLong(elf, dynamic + 8);
    int end = start + (int) Bytes.getLong(elf, dynamic + 32);
    int strings = -1;
    for (int at = start; at < end; at += 16) {
      if (Bytes.getLong(elf, at) == DT_STRTAB) {
        strings = (int) Bytes.getLong(elf, at + 8);
      }
    }
    List<String> names = new ArrayList<>();
    for (int at = start; at < end; at += 16) {
      if (Bytes.getLong(elf, at) == DT_NEEDED) {
        int from = strings + (int) Bytes.getLong(elf, at + 8);
        int to = from;
        while (elf[to] != 0) {
          to++;
        }
        names.add(new String(elf, from, to - from, StandardCharsets.ISO_8859_1));
      }
    }
    return names;
  }

  /** Counts lines that are neither blank nor all comment. */
  private static int lines(String... files) throws IOException {
    int count = 0;
    for (String file : files) {
      boolean comment = false;
      for (String each : Files.readAllLines(Path.of("src/main/native", file))) {
        String line = each.strip();
        comment |= line.startsWith("/*");
        count += line.isEmpty() || comment ? 0 : 1;
        comment &= !line.endsWith("*/");
      }
    }
    return count;
  }

  @Test
  void theAgentStaysSmall() throws IOException {
    int agent =
        lines(
            "agent.c",
            "agent.h",
            "batch.c",
            "batch.h",
            "protocol.h",
            "spawn.c",
            "spawn.h",
            "sys.c",
            "sys.h");
    int front = lines("front.c", "front.h", "wait.c");
    assertTrue(agent < 1000, "the agent: " + agent);
    assertTrue(front < 600, "the front: " + front);
  }

  @Test
  void anotherBuildGivesTheSameBytes() throws Exception {
    try (Temp temp = new Temp()) {
      // From a copy elsewhere: no path must get into the files.
      Path copy = Files.createDirectory(temp.path.resolve("sources"));
      try (var sources = Files.newDirectoryStream(Path.of("src/main/native"))) {
        for (Path source : sources) {
          Files.copy(source, copy.resolve(source.getFileName()));
        }
      }
      Path out = temp.path.resolve("out");
      Process build =
          new ProcessBuilder(
                  "sh",
                  copy.resolve("build.sh").toString(),
                  System.getProperty("java.home"),
                  out.toString())
              .inheritIO()
              .start();
      assertEquals(0, build.waitFor());
      Path made = out.resolve("linux-" + Arch.current().label());
      for (String file : new String[] {"carafe", "libcarafe.so", "libcarafe-seccomp.so"}) {
        org.junit.jupiter.api.Assertions.assertArrayEquals(
            NativeLibrary.resource(file), Files.readAllBytes(made.resolve(file)), file);
      }
    }
  }
}
