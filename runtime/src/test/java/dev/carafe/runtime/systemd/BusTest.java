package dev.carafe.runtime.systemd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.Fd;
import dev.carafe.linux.UnixSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A connection by D-Bus to somebody who may answer anything, or nothing. */
final class BusTest {
  private static final byte[] WELCOME =
      "DATA\r\nOK 0123456789abcdef\r\n".getBytes(StandardCharsets.US_ASCII);

  @TempDir
  @SuppressWarnings("NullAway.Init") // JUnit sets it before each test.
  private Path dir;

  /** Runs a client against a server that sends these bytes, some after each that it receives. */
  private void with(Client client, byte[]... answers) throws Exception {
    with(client, false, answers);
  }

  private void with(Client client, boolean hangUp, byte[]... answers) throws Exception {
    String path = dir.resolve("socket").toString();
    try (UnixSocket listening = UnixSocket.listen(Fd.CWD, path, 1)) {
      CompletableFuture<Void> server =
          CompletableFuture.runAsync(
              () -> serve(listening, hangUp, answers), Thread::startVirtualThread);
      client.run(path);
      server.join();
    } finally {
      Files.delete(dir.resolve("socket"));
    }
  }

  private interface Client {
    void run(String path);
  }

  private static void serve(UnixSocket listening, boolean hangUp, byte[][] answers) {
    try (UnixSocket socket = listening.accept()) {
      for (byte[] answer : answers) {
        byte[] _ = socket.receive(10_000, 0).bytes();
        if (answer.length > 0) {
          socket.send(answer);
        }
      }
      // Until the client goes.
      while (!hangUp && socket.receive(10_000, 0).bytes().length > 0) {}
    }
  }

  /** A message with one string in it, as the other side would write it. */
  private static byte[] message(int type, int replyTo, String error, String text) {
    MessageWriter body = new MessageWriter();
    body.string(text);
    MessageWriter to = new MessageWriter();
    to.number(1, 'l');
    to.number(1, type);
    to.number(1, 1);
    to.number(1, 1);
    to.number(4, body.size());
    to.number(4, 1);
    int fields = to.beginArray('(');
    to.align(8);
    to.number(1, 5);
    new Value.Variant(new Value.Scalar('u', replyTo)).writeTo(to);
    to.align(8);
    to.number(1, type == 3 ? 4 : 3);
    new Value.Variant(Value.of(error)).writeTo(to);
    to.align(8);
    to.number(1, 8);
    new Value.Variant(new Value.Text('g', "s")).writeTo(to);
    to.endArray(fields, '(');
    to.align(8);
    to.add(body.toBytes());
    return to.toBytes();
  }

  private static byte[] joined(byte[]... all) {
    MessageWriter to = new MessageWriter();
    for (byte[] each : all) {
      to.add(each);
    }
    return to.toBytes();
  }

  private static Bus.Message ask(Bus bus) {
    return bus.call("a.b", "/a", "a.b", "Ask", Value.of("what"), Value.uint64(1));
  }

  @Test
  void anAnswerIsFoundAmongSignals() throws Exception {
    byte[] signal = message(4, 0, "Happened", "signal");
    byte[] answer = message(2, 1, "", "answer");
    with(
        path -> {
          try (Bus bus = Bus.connect(path, false, 5000)) {
            assertEquals("answer", ask(bus).body().string());
            Optional<Bus.Message> first = bus.signal(bus.end());
            assertEquals("Happened", first.orElseThrow().member());
            assertEquals("signal", first.orElseThrow().body().string());
            assertEquals(Optional.empty(), bus.signal(System.nanoTime()));
          }
        },
        WELCOME,
        joined(signal, message(2, 99, "", "not ours"), answer));
  }

  @Test
  void anErrorKeepsItsName() throws Exception {
    with(
        path -> {
          try (Bus bus = Bus.connect(path, false, 5000)) {
            SystemdException e = assertThrows(SystemdException.class, () -> ask(bus));
            assertEquals("a.b.Wrong", e.error());
            assertEquals("so it is", e.reason());
          }
        },
        WELCOME,
        message(3, 1, "a.b.Wrong", "so it is"));
  }

  @Test
  void silenceHasAnEnd() throws Exception {
    with(
        path -> {
          SystemdException e =
              assertThrows(SystemdException.class, () -> Bus.connect(path, false, 100).close());
          assertTrue(e.reason().contains("did not answer"), e.reason());
        },
        new byte[0]);
    with(
        path -> {
          try (Bus bus = Bus.connect(path, false, 100)) {
            SystemdException e = assertThrows(SystemdException.class, () -> ask(bus));
            assertTrue(e.reason().contains("did not answer"), e.reason());
          }
        },
        WELCOME,
        new byte[] {'l', 2});
  }

  @Test
  void aRefusalIsSaid() throws Exception {
    with(
        path -> {
          SystemdException e =
              assertThrows(SystemdException.class, () -> Bus.connect(path, false, 5000).close());
          assertTrue(e.reason().contains("refuses this user"), e.reason());
        },
        "REJECTED EXTERNAL\r\n".getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void nonsenseIsRefusedWithoutAnyOtherError() throws Exception {
    byte[] whole = message(2, 1, "", "answer");
    for (int at = 0; at < whole.length; at++) {
      for (int value : new int[] {0, 1, 0xff}) {
        byte[] wrong = whole.clone();
        wrong[at] = (byte) value;
        with(
            path -> {
              try (Bus bus = Bus.connect(path, false, 5000)) {
                String _ = ask(bus).body().string();
              } catch (SystemdException e) {
                assertTrue(!e.reason().isEmpty(), "an error without a word");
              }
            },
            true,
            WELCOME,
            wrong);
      }
    }
  }
}
