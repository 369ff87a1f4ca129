package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** Errnos, signals, system calls, limits and capabilities: their names and numbers. */
final class NamesTest {

  @Test
  void errnosHaveNameAndWords() {
    assertEquals("ENOENT (No such file or directory)", Errno.describe(Errno.ENOENT));
    assertEquals("EAGAIN", Errno.name(11));
    assertEquals("EOPNOTSUPP", Errno.name(95));
    assertEquals("EHWPOISON (Memory page has hardware error)", Errno.describe(133));
    assertEquals("errno 0 (unknown error)", Errno.describe(0));
    assertEquals("errno 41 (unknown error)", Errno.describe(41));
    assertEquals("errno 4095 (unknown error)", Errno.describe(4095));
    assertEquals("errno -5 (unknown error)", Errno.describe(-5));
  }

  @Test
  void errnoConstantsBearTheirOwnNames() throws IllegalAccessException {
    for (Field field : Errno.class.getFields()) {
      assertEquals(field.getName(), Errno.name(field.getInt(null)));
    }
  }

  @Test
  void kernelExceptionSaysOperationAndErrno() {
    KernelException e = new KernelException("mount proc on /proc", Errno.EPERM);
    assertEquals("mount proc on /proc: EPERM (Operation not permitted)", e.getMessage());
    assertEquals(Errno.EPERM, e.errno());
    assertEquals(OptionalInt.empty(), e.exitStatus());
  }

  @Test
  void kernelExceptionSaysHowAProgramEnded() {
    KernelException e = new KernelException("run hook /bin/x", 65536 + (3 << 8));
    assertEquals("run hook /bin/x: exited with code 3", e.getMessage());
    assertEquals(0, e.errno());
    assertEquals(OptionalInt.of(3 << 8), e.exitStatus());
    assertEquals("h: killed by SIGKILL", new KernelException("h", 65536 + 9).getMessage());
  }

  @Test
  void waitStatusesAreReadAsAShellDoes() {
    assertEquals(7, WaitStatus.exitCode(7 << 8));
    assertEquals(137, WaitStatus.exitCode(9));
    assertEquals(139, WaitStatus.exitCode(11 | 0x80));
    assertEquals("killed by SIGSEGV (core dumped)", WaitStatus.describe(11 | 0x80));
    assertEquals("killed by SIGRTMIN+1", WaitStatus.describe(35));
    assertEquals(7 << 8, WaitStatus.of(1, 7));
    assertEquals(9, WaitStatus.of(2, 9));
    assertEquals(0x8b, WaitStatus.of(3, 11));
  }

  @Test
  void signalsAreReadByNumberAndByName() {
    assertEquals(OptionalInt.of(15), Signal.parse("15"));
    assertEquals(OptionalInt.of(0), Signal.parse("0"));
    assertEquals(OptionalInt.of(64), Signal.parse("64"));
    for (String name : List.of("TERM", "SIGTERM", "term", "sigterm", "SigTerm")) {
      assertEquals(OptionalInt.of(15), Signal.parse(name), name);
    }
    assertEquals(OptionalInt.of(34), Signal.parse("RTMIN"));
    assertEquals(OptionalInt.of(37), Signal.parse("SIGRTMIN+3"));
    assertEquals(OptionalInt.of(62), Signal.parse("rtmax-2"));
    assertEquals(OptionalInt.of(64), Signal.parse("SIGRTMAX"));
    assertEquals(OptionalInt.of(6), Signal.parse("SIGIOT"));
    for (String bad :
        List.of(
            "",
            "65",
            "-1",
            "+1",
            "SIG",
            "SIGNOPE",
            "1x",
            "999999999999",
            "RTMIN+31",
            "RTMAX-31",
            "RTMIN+",
            "RTMIN-1",
            "RTMAX+1",
            "SIG15",
            " 15",
            "RTMIN+-1")) {
      assertEquals(OptionalInt.empty(), Signal.parse(bad), bad);
    }
  }

  @Test
  void everySignalsNameIsReadBack() {
    for (int i = 1; i <= 64; i++) {
      if (i == 32 || i == 33) {
        continue;
      }
      assertEquals(OptionalInt.of(i), Signal.parse(Signal.name(i)), Signal.name(i));
    }
    assertEquals("signal 33", Signal.name(33));
  }

  @Test
  void signalNamesAreTheShells() throws Exception {
    Process kill =
        new ProcessBuilder("bash", "-c", "for i in $(seq 1 31); do kill -l $i; done").start();
    byte[] output = kill.getInputStream().readAllBytes();
    List<String> names = new String(output, StandardCharsets.UTF_8).lines().toList();
    for (int i = 1; i <= 31; i++) {
      assertEquals("SIG" + names.get(i - 1).replaceFirst("^SIG", ""), Signal.name(i));
    }
  }

  @Test
  void systemCallNumbersAreThoseOfTheKernelsHeaders() throws Exception {
    Path header =
        Path.of(
            Arch.current() == Arch.X86_64
                ? "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"
                : "/usr/include/asm-generic/unistd.h");
    assumeTrue(Files.exists(header), "no " + header + " here: install linux-libc-dev");
    Map<String, Integer> numbers = defines(header);
    for (Field field : Syscall.class.getFields()) {
      String name = field.getName().toLowerCase(Locale.ROOT);
      Integer expected = numbers.get(name);
      if (expected != null) {
        assertEquals(expected, field.getInt(null), name);
      }
      assertEquals(name, Syscall.name(field.getInt(null)));
    }
    assertEquals("syscall_511", Syscall.name(511));
    assertEquals("syscall_9999", Syscall.name(9999));
    assertEquals("syscall_-1", Syscall.name(-1));
  }

  private static Map<String, Integer> defines(Path header) throws IOException {
    Map<String, Integer> numbers = new HashMap<>();
    for (String line : Files.readAllLines(header)) {
      String[] words = line.split("\\s+", -1);
      if (words.length == 3 && words[1].startsWith("__NR") && words[2].matches("\\d+")) {
        numbers.put(words[1].replaceFirst("__NR(3264)?_", ""), Integer.valueOf(words[2]));
      }
    }
    return numbers;
  }

  @Test
  void limitsAndCapabilitiesHaveTheirNumbers() {
    assertEquals(OptionalInt.of(Rlimit.NOFILE), Rlimit.number("RLIMIT_NOFILE"));
    assertEquals(OptionalInt.of(15), Rlimit.number("RLIMIT_RTTIME"));
    assertEquals(OptionalInt.empty(), Rlimit.number("NOFILE"));
    assertEquals(OptionalInt.of(Caps.SYS_ADMIN), Caps.number("CAP_SYS_ADMIN"));
    assertEquals(OptionalInt.of(Caps.SYS_RESOURCE), Caps.number("CAP_SYS_RESOURCE"));
    assertEquals(OptionalInt.of(40), Caps.number("CAP_CHECKPOINT_RESTORE"));
    assertEquals(OptionalInt.empty(), Caps.number("CAP_NOPE"));
    assertEquals("CAP_CHOWN", Caps.name(0));
    assertTrue(Caps.last() >= 37, "every kernel that Carafe runs on has CAP_AUDIT_READ");
  }
}
