package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An agent that holds, and clients that do not behave. */
final class HeldClientsTest {
  private Temp temp;
  private PidFd process;

  @BeforeEach
  void hold() throws Exception {
    temp = new Temp();
    try (Agent agent =
            Spawner.spawn(
                CloneFlags.NEWPID,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of());
        UnixSocket socket = UnixSocket.listen(temp.dir, "start", 16)) {
      Batch batch = agent.batch();
      Ref passed = batch.passed(1)[0];
      Batch rest = agent.batch();
      Calls calls = new Calls(rest);
      calls.exec("execute", "/bin/sh", List.of("sh", "-c", "exit 5"), List.of());
      batch.special(Op.Kind.HOLD, 0, "hold", passed, batch.nested(rest));
      Reply _ = agent.run(batch, socket.fd());
      process = agent.detachProcess().orElseThrow();
    }
  }

  @AfterEach
  void end() throws Exception {
    process.signal(Signal.SIGKILL);
    if (process.waitExit(10_000) && process.exitStatus().isPresent()) {
      process.reap();
    }
    process.close();
    temp.close();
  }

  private UnixSocket client(String words) {
    UnixSocket client = UnixSocket.connect(temp.dir, "start");
    client.send(words.getBytes(StandardCharsets.ISO_8859_1));
    return client;
  }

  @Test
  void whoSaysNothingOrSomethingElseDoesNotKeepOthersFromStarting() {
    List<UnixSocket> clients = new ArrayList<>();
    clients.add(UnixSocket.connect(temp.dir, "start"));
    clients.add(client("ST"));
    clients.add(client("XXXX"));
    clients.add(client("strtSTRT"));
    UnixSocket closed = client("S");
    closed.close();
    Held.start(temp.dir, "start", "start it");
    assertTrue(process.waitExit(10_000));
    assertEquals(5 << 8, process.exitStatus().orElseThrow());
    for (UnixSocket client : clients) {
      client.close();
    }
  }

  @Test
  void aClientThatIsGoneAtOnceHasStartedItAllTheSame() {
    client("STRT").close();
    assertTrue(process.waitExit(10_000));
    assertEquals(5 << 8, process.exitStatus().orElseThrow());
  }

  @Test
  void descriptorsThatAClientSendsAreNotKept() {
    try (UnixSocket client = UnixSocket.connect(temp.dir, "start")) {
      client.send("XXXX".getBytes(StandardCharsets.ISO_8859_1), temp.dir);
      assertArrayEquals(new byte[0], client.receiveFully(1));
    }
    Held.start(temp.dir, "start", "start it");
    assertTrue(process.waitExit(10_000));
  }

  @Test
  void everySignalThatKillsAProgramEndsItThoughItIsProcessOne() throws Exception {
    int[] deadly = {1, 2, 3, 4, 6, 8, 10, 11, 12, 13, 14, 15, 16, 24, 26, 27, 29, 31, 34, 64};
    for (int signal : deadly) {
      if (FrontRig.ignores(signal)) {
        continue; // what the caller ignores, as under nohup, kills no program either
      }
      assertTrue(process.signal(signal));
      assertTrue(process.waitExit(10_000), "signal " + signal);
      assertEquals(128 + signal & 0xff, WaitStatus.exitCode(process.reap()));
      process.close();
      temp.close();
      hold();
    }
  }

  @Test
  void aSignalThatKillsNoProgramDoesNotEndIt() {
    for (int signal : new int[] {17, 18, 20, 21, 22, 23, 28}) {
      assertTrue(process.signal(signal));
    }
    assertTrue(process.isAlive());
    Held.start(temp.dir, "start", "start it");
    assertTrue(process.waitExit(10_000));
    assertEquals(5 << 8, process.exitStatus().orElseThrow());
  }
}
