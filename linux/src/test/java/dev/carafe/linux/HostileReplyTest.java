package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An agent inside a container may be taken over: its answers are not believed. */
final class HostileReplyTest {
  private int before;
  private UnixSocket peer;
  private Agent agent;
  private Batch batch;

  @BeforeEach
  void begin() {
    before = Fd.openCount();
    UnixSocket[] pair = UnixSocket.pair();
    peer = pair[0];
    agent = new Agent(pair[1].fd(), 0, Optional.empty());
    batch = agent.batch();
    Calls calls = new Calls(batch);
    calls.getpid("first");
    calls.sending().openat("second", Arg.CWD, "/", Open.PATH, 0);
    batch.output(batch.space(8));
  }

  @AfterEach
  void noDescriptorLeaks() {
    agent.close();
    peer.close();
    assertEquals(before, Fd.openCount(), "open descriptors");
  }

  private static final int[] GOOD = {32 + 16 + 8, -1, 0, 2, 2, 8, 1, 0};

  private static byte[] message(int[] header, int bodyBytes) {
    byte[] all = new byte[32 + bodyBytes];
    System.arraycopy(Bytes.ints(header), 0, all, 0, 32);
    return all;
  }

  private AgentLostException refused(int[] header, int bodyBytes, int fds) {
    try (Fd fd = Sys.open("/dev/null", Open.RDONLY, 0)) {
      Fd[] all = new Fd[fds];
      java.util.Arrays.fill(all, fd);
      peer.send(message(header, bodyBytes), all);
      peer.shutdownWrite();
      return assertThrows(AgentLostException.class, () -> agent.receive(batch));
    }
  }

  @Test
  void aGoodAnswerIsTaken() {
    try (Fd fd = Sys.open("/dev/null", Open.RDONLY, 0)) {
      peer.send(message(GOOD, 24), fd);
      Reply reply = agent.receive(batch);
      assertEquals(1, reply.descriptors().size());
      reply.descriptors().get(0).close();
    }
  }

  @Test
  void anAnswerInPiecesIsTaken() throws Exception {
    Thread sender =
        new Thread(() -> {
          byte[] all = message(GOOD, 24);
          try (Fd fd = Sys.open("/dev/null", Open.RDONLY, 0)) {
            for (int i = 0; i < all.length; i++) {
              peer.send(new byte[] {all[i]}, i == 0 ? new Fd[] {fd} : new Fd[0]);
            }
          }
        });
    sender.start();
    Reply reply = agent.receive(batch);
    sender.join();
    assertEquals(1, reply.descriptors().size());
    reply.descriptors().get(0).close();
  }

  @Test
  void everyWrongNumberInTheHeaderIsRefused() {
    int[] bad = {-1, 0x7fffffff, 0x80000000, 3, 1000, 65536 * 3, 17, 9};
    for (int field = 0; field < 8; field++) {
      for (int value : bad) {
        int[] header = GOOD.clone();
        header[field] = value;
        if (field == 1 && value == -1) {
          continue;
        }
        if (field == 2) {
          // An errno must go with the operation that failed and without results and output.
          header[2] = value == 3 || value == 1000 || value == 17 || value == 9 ? -value : value;
        }
        peer.close();
        agent.close();
        UnixSocket[] pair = UnixSocket.pair();
        peer = pair[0];
        agent = new Agent(pair[1].fd(), 0, Optional.empty());
        refused(header, 24, 1);
      }
    }
  }

  @Test
  void aWrongCountOfDescriptorsIsRefusedAndTheyAreClosed() {
    assertTrue(refused(GOOD, 24, 3).getMessage().contains("announced 1 descriptors and sent 3"));
  }

  @Test
  void announcedDescriptorsMustCome() {
    refused(GOOD, 24, 0);
  }

  @Test
  void aFailureCarriesNoDescriptors() {
    refused(new int[] {32 + 8, 1, Errno.EPERM, 1, 1, 0, 1, 0}, 8, 1);
  }

  @Test
  void aCutAnswerIsRefused() {
    refused(GOOD, 20, 1);
  }

  @Test
  void anEndOfFileIsNoSuccess() {
    peer.close();
    AgentLostException e = assertThrows(AgentLostException.class, () -> agent.receive(batch));
    assertEquals("first: the agent is gone", e.getMessage());
  }

  @Test
  void aSendToAnAgentThatIsGoneIsAnErrorAndNoSignal() {
    peer.close();
    AgentLostException e = assertThrows(AgentLostException.class, () -> agent.run(batch));
    assertEquals(Errno.EPIPE, e.errno());
  }

  @Test
  void controlCharactersOfAForeignLabelAreTakenOut() {
    byte[] label = "evil\u001b[2Jlabel\n\u007f".getBytes(StandardCharsets.UTF_8);
    byte[] message =
        message(
            new int[] {32 + label.length, 0, Errno.EPERM, 0, 0, 0, 0, label.length}, label.length);
    System.arraycopy(label, 0, message, 32, label.length);
    peer.send(message);
    KernelException e = assertThrows(KernelException.class, () -> agent.receive(batch));
    assertEquals("evil?[2Jlabel??", e.operation());
  }

  @Test
  void randomAnswersNeverDoMoreThanFail() {
    Random random = new Random(11);
    List<String> surprises = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      byte[] answer = new byte[random.nextInt(200)];
      random.nextBytes(answer);
      if (answer.length >= 32 && random.nextInt(4) > 0) {
        int[] header = GOOD.clone();
        header[0] = answer.length;
        header[random.nextInt(8)] = random.nextInt(64) - 8;
        System.arraycopy(Bytes.ints(header), 0, answer, 0, 32);
      }
      try {
        new ReplyReader(batch, answer).reply(List.of());
      } catch (KernelException e) {
        // As it should be.
      } catch (RuntimeException e) {
        surprises.add(e.toString());
      }
    }
    assertEquals(List.of(), surprises);
  }

  @Test
  void randomHellosNeverDoMoreThanFail() {
    Random random = new Random(12);
    for (int i = 0; i < 3000; i++) {
      byte[] hello = new byte[random.nextInt(600)];
      random.nextBytes(hello);
      if (hello.length > 60) {
        Bytes.putInt(hello, 0, 1);
        for (int at = 36; at < 52; at += 4) {
          Bytes.putInt(hello, at, random.nextInt(40) - 1);
        }
      }
      try {
        Front.parse(hello);
      } catch (AgentLostException e) {
        // As it should be.
      }
    }
  }
}
