package dev.carafe.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.carafe.CarafeException;
import dev.carafe.runtime.testing.TestBundle;
import dev.carafe.spec.User;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Finding and executing the container's program, in runc's words. */
final class ProgramTest {
  private final TestBundle bundle = TestBundle.create();

  @AfterEach
  void remove() {
    bundle.close();
  }

  private void createFails(String words, String... args) {
    try (TestLaunch launch = new TestLaunch(bundle.args(args))) {
      CarafeException e = assertThrows(CarafeException.class, launch::create);
      assertEquals("unable to start container process: " + words, e.getMessage());
    }
  }

  private void program(String name, String text, String mode) throws IOException {
    Path file = bundle.rootfs().resolve(name);
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
  }

  @Test
  void aNameThatIsNotInThePath() {
    createFails("exec: \"foo\": executable file not found in $PATH", "foo");
  }

  @Test
  void anEmptyName() {
    createFails("exec: \"\": executable file not found in $PATH", "");
  }

  @Test
  void aPathThatDoesNotExist() {
    createFails("exec: \"/nope\": stat /nope: no such file or directory", "/nope");
  }

  @Test
  void aDirectory() {
    createFails("exec: \"/etc\": is a directory: permission denied", "/etc");
  }

  @Test
  void aDirectoryOfThatNameInThePathIsPassedOver() throws IOException {
    Files.createDirectory(bundle.rootfs().resolve("tmp/foo"));
    program("bin/foo", "#!/bin/sh\necho found\n", "rwxr-xr-x");
    bundle.process(p -> p.env(List.of("PATH=/tmp:/nowhere:/bin")));
    assertEquals("found\n", TestLaunch.run(bundle.args("foo")).out());
  }

  @Test
  void aFileThatIsNotExecutable() throws IOException {
    program("bin/plain", "x", "rw-r--r--");
    createFails("exec: \"/bin/plain\": permission denied", "/bin/plain");
  }

  @Test
  void aFileThatOnlyOthersMayExecute() throws IOException {
    program("bin/roots", "#!/bin/sh\n", "rwx------");
    bundle.process(p -> p.user(User.of(1000, 1000)));
    createFails("exec: \"/bin/roots\": permission denied", "/bin/roots");
  }

  @Test
  void noPathAtAll() {
    bundle.process(p -> p.env(List.of()));
    createFails("exec: \"true\": executable file not found in $PATH", "true");
  }

  @Test
  void aPathThatIsNotAbsolute() {
    bundle.process(p -> p.env(List.of("PATH=bin")));
    createFails(
        "exec: \"true\": cannot run executable found relative to current directory", "true");
  }

  @Test
  void aPathRelativeToTheWorkingDirectory() {
    assertEquals(0, TestLaunch.run(bundle.args("./bin/true")).code());
  }

  @Test
  void whatTheKernelCannotExecuteFailsTheStart() throws IOException {
    program("bin/odd", "x", "rwxr-xr-x");
    startFails("exec /bin/odd: exec format error", "/bin/odd");
  }

  @Test
  void aScriptWithoutItsInterpreterFailsTheStart() throws IOException {
    program("bin/script", "#!/bin/nointerpreter\n", "rwxr-xr-x");
    startFails("exec /bin/script: no such file or directory", "/bin/script");
  }

  private void startFails(String words, String... args) {
    try (TestLaunch launch = new TestLaunch(bundle.args(args))) {
      launch.create();
      CarafeException e = assertThrows(CarafeException.class, launch::start);
      assertEquals("unable to start container process: " + words, e.getMessage());
      assertEquals(1, launch.end().code());
    }
  }
}
