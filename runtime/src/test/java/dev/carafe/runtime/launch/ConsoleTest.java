package dev.carafe.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Open;
import dev.carafe.linux.OsString;
import dev.carafe.linux.Sys;
import dev.carafe.linux.UnixSocket;
import dev.carafe.runtime.testing.TestBundle;
import dev.carafe.spec.ConsoleSize;
import dev.carafe.spec.IdMapping;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.User;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The container's terminal. */
final class ConsoleTest {
  private static final String LOOK =
      "tty; stat -c %u:%a $(tty); stty size; test -t 0 && test -t 1 && test -t 2 && echo all;"
          + " echo to-console >/dev/console; cut -d' ' -f5-8 /proc/1/stat; stat -c %t:%T /dev/console";

  private final TestBundle bundle = TestBundle.create();

  @BeforeEach
  void terminal() {
    bundle.process(p -> p.terminal(true).consoleSize(new ConsoleSize(33, 77)));
  }

  @AfterEach
  void remove() {
    bundle.close();
  }

  /** Reads until the container's side is closed by all. */
  private static String read(Fd master) {
    StringBuilder all = new StringBuilder();
    while (true) {
      byte[] some;
      try {
        some = Sys.read(master, 4096);
      } catch (KernelException e) {
        // EIO is how a terminal says it.
        return all.toString();
      }
      if (some.length == 0) {
        return all.toString();
      }
      all.append(OsString.decode(some));
    }
  }

  @Test
  void itIsTheControllingTerminalOfTheProgramAndItsConsole() {
    try (TestLaunch launch = new TestLaunch(bundle.sh(LOOK))) {
      Fd master = launch.create().terminal().orElseThrow();
      launch.start();
      String[] lines = read(master).replace("\r", "").split("\n", -1);
      assertEquals("/dev/pts/0", lines[0]);
      assertEquals("0:620", lines[1]);
      assertEquals("33 77", lines[2]);
      assertEquals("all", lines[3]);
      assertEquals("to-console", lines[4]);
      // group, session, terminal (136:0), foreground group
      assertEquals("1 1 34816 1", lines[5]);
      assertEquals("88:0", lines[6]);
      assertEquals(0, launch.end().code());
    }
  }

  @Test
  void itBelongsToTheUser() {
    bundle.process(p -> p.user(User.of(1000, 1000)));
    try (TestLaunch launch = new TestLaunch(bundle.sh("stat -c %u $(tty); echo x >/dev/stdout"))) {
      Fd master = launch.create().terminal().orElseThrow();
      launch.start();
      assertEquals("1000\nx\n", read(master).replace("\r", ""));
      launch.end();
    }
  }

  @Test
  void itWorksInAUserNamespace() {
    List<IdMapping> map = List.of(new IdMapping(0, 100000, 65536));
    bundle
        .namespace(NamespaceType.USER, Optional.empty())
        .linux(l -> l.uidMappings(map).gidMappings(map))
        .process(p -> p.user(User.of(1000, 1000)));
    try (TestLaunch launch = new TestLaunch(bundle.sh("tty; stat -c %u $(tty)"))) {
      Fd master = launch.create().terminal().orElseThrow();
      launch.start();
      assertEquals("/dev/pts/0\n1000\n", read(master).replace("\r", ""));
      launch.end();
    }
  }

  @Test
  void itsOtherSideGoesToTheConsoleSocket() {
    String socket = bundle.path().resolve("console.sock").toString();
    try (Fd dir = Sys.open(bundle.path().toString(), Open.PATH, 0);
        UnixSocket listener = UnixSocket.listen(dir, "console.sock", 1);
        TestLaunch launch = new TestLaunch(bundle.sh("echo hello"))) {
      launch.options(o -> new LaunchOptions(false, false, 0, Optional.of(socket), false));
      assertEquals(Optional.empty(), launch.create().terminal());
      try (UnixSocket connection = listener.accept()) {
        UnixSocket.Message message = connection.receive(4096, 1);
        assertEquals("/dev/ptmx", OsString.decode(message.bytes()));
        assertEquals(0, connection.receive(4096, 1).bytes().length);
        try (Fd master = message.descriptors().get(0)) {
          launch.start();
          assertEquals("hello\r\n", read(master));
        }
      }
      launch.end();
    }
  }

  @Test
  void aMissingConsoleSocketIsNamedBeforeAnythingIsMade() {
    try (TestLaunch launch = new TestLaunch(bundle)) {
      launch.options(o -> new LaunchOptions(false, false, 0, Optional.of("/no/sock"), false));
      RuntimeException e = assertThrows(RuntimeException.class, launch::create);
      assertTrue(TestLaunch.message(e).contains("console socket /no/sock"), e.getMessage());
      assertEquals(List.of(), launch.known);
    }
  }

  @Test
  void withoutADevptsItIsRefused() {
    bundle.edit(s ->
        s.mounts(
            bundle.spec().mounts().stream()
                .filter(m -> !m.destination().equals("/dev/pts"))
                .toList()));
    try (TestLaunch launch = new TestLaunch(bundle)) {
      KernelException e = assertThrows(KernelException.class, launch::create);
      assertTrue(TestLaunch.message(e).contains("devpts mount at /dev/pts"), e.getMessage());
    }
  }

  @Test
  void aRootFileSystemCannotPassAFileOffAsAMultiplexer() throws IOException {
    // Without mounts on /dev its files are the image's: a plain one, and links to the host.
    Path pts = Files.createDirectory(bundle.rootfs().resolve("dev/pts"));
    bundle.edit(s ->
        s.mounts(
            bundle.spec().mounts().stream().filter(m -> m.destination().equals("/proc")).toList()));
    Files.writeString(pts.resolve("ptmx"), "x");
    try (TestLaunch launch = new TestLaunch(bundle)) {
      assertThrows(KernelException.class, launch::create);
    }
    Files.delete(pts.resolve("ptmx"));
    Files.createSymbolicLink(pts.resolve("ptmx"), Path.of("/proc/1/root/dev/pts/ptmx"));
    try (TestLaunch launch = new TestLaunch(bundle)) {
      assertThrows(KernelException.class, launch::create);
    }
  }
}
