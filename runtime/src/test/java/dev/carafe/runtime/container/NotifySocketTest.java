package dev.carafe.runtime.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Open;
import dev.carafe.linux.OsString;
import dev.carafe.linux.Sys;
import dev.carafe.linux.UnixSocket;
import dev.carafe.runtime.state.ProcessIdentity;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a container may write to its notify socket, and what the manager hears of it. */
final class NotifySocketTest {
  @TempDir
  @SuppressWarnings("NullAway.Init") // JUnit sets it before each test.
  private Path directory;

  @SuppressWarnings("NullAway.Init") // JUnit calls the method that sets them before each test.
  private Process program;

  @SuppressWarnings("NullAway.Init")
  private NotifySocket socket;

  @SuppressWarnings("NullAway.Init")
  private UnixSocket manager;

  private final AtomicBoolean over = new AtomicBoolean();
  private final List<Thread> senders = new ArrayList<>();

  @BeforeEach
  void open() throws Exception {
    program = new ProcessBuilder("sleep", "1000").start();
    Files.createDirectory(directory.resolve("notify"));
    try (Fd dir = Sys.open(directory.toString(), Open.PATH | Open.DIRECTORY, 0)) {
      socket = NotifySocket.open(dir, ProcessIdentity.of((int) program.pid())).orElseThrow();
      manager = UnixSocket.datagrams(dir, "manager");
    }
  }

  @AfterEach
  void close() throws Exception {
    over.set(true);
    socket.close();
    for (Thread each : senders) {
      each.join();
    }
    manager.close();
    program.destroyForcibly().waitFor();
  }

  /** Sends the same again and again, from two threads, until the end of the test. */
  private void flood(String message) {
    for (int i = 0; i < 2; i++) {
      senders.add(
          Thread.ofPlatform()
              .start(() -> {
                try (UnixSocket to =
                    UnixSocket.datagramsTo(directory.resolve("notify/notify.sock").toString())) {
                  while (!over.get()) {
                    to.send(OsString.encode(message));
                  }
                } catch (KernelException e) {
                  // The socket was closed.
                }
              }));
    }
  }

  private void say(String message) {
    try (UnixSocket to =
        UnixSocket.datagramsTo(directory.resolve("notify/notify.sock").toString())) {
      to.send(OsString.encode(message));
    }
  }

  private CompletableFuture<Void> handOn() {
    return CompletableFuture.runAsync(
        () -> socket.handOn(directory.resolve("manager").toString()),
        task -> Thread.ofPlatform().start(task));
  }

  /** Takes what the manager hears, and lets its sender go on. */
  private String heard() {
    String said = OsString.decode(manager.receive(1000, 0).bytes());
    manager.receive(1000, 1).descriptors().forEach(Fd::close);
    return said;
  }

  @Test
  void aFloodDoesNotOutlastTheProgram() throws Exception {
    flood("STATUS=busy");
    CompletableFuture<Void> waiting = handOn();
    Thread.sleep(200);
    assertTrue(!waiting.isDone(), "the program lives and has not said that it is ready");
    program.destroyForcibly().waitFor();
    waiting.get(20, TimeUnit.SECONDS);
  }

  @Test
  void readinessIsFoundInAFlood() throws Exception {
    flood("STATUS=busy");
    CompletableFuture<Void> waiting = handOn();
    say("READY=1");
    assertEquals("MAINPID=" + program.pid() + "\nREADY=1", heard());
    waiting.get(20, TimeUnit.SECONDS);
  }

  @Test
  void theManagerHearsNothingOfAProgramThatEndsWithoutAWord() throws Exception {
    CompletableFuture<Void> waiting = handOn();
    say("STATUS=busy");
    program.destroyForcibly().waitFor();
    waiting.get(20, TimeUnit.SECONDS);
    assertEquals(0, Sys.poll(manager.fd(), Sys.POLLIN, 0));
  }

  @Test
  void aMessageThatIsTooLongIsPassedOver() throws Exception {
    CompletableFuture<Void> waiting = handOn();
    say("READY=1\n" + "X".repeat(5000));
    Thread.sleep(100);
    assertTrue(!waiting.isDone(), "systemd would not take it either");
    say("X=1\nREADY=1\n");
    assertEquals("MAINPID=" + program.pid() + "\nREADY=1", heard());
    waiting.get(20, TimeUnit.SECONDS);
  }
}
