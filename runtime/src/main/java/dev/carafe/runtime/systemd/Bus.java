package dev.carafe.runtime.systemd;

import dev.carafe.linux.KernelException;
import dev.carafe.linux.Sys;
import dev.carafe.linux.UnixSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Optional;

/**
 * A connection by D-Bus: to a bus, or to a service itself. It asks one question at a time, and
 * keeps the signals that come in between. Nothing waits longer than it is told to.
 */
final class Bus implements AutoCloseable {
  private static final String DAEMON = "org.freedesktop.DBus";
  private static final int MAX_MESSAGE = 4 << 20;
  private static final int MAX_SIGNALS = 10_000;
  private static final int CHUNK = 16 << 10;

  private static final int CALL = 1;
  private static final int RETURN = 2;
  private static final int ERROR = 3;
  private static final int SIGNAL = 4;

  private final UnixSocket socket;
  private final String path;
  private final long patienceMillis;
  private final Deque<Message> signals = new ArrayDeque<>();
  private byte[] received = new byte[0];
  private int serial;

  private Bus(UnixSocket socket, String path, long patienceMillis) {
    this.socket = socket;
    this.path = path;
    this.patienceMillis = patienceMillis;
  }

  /** What came from the other side, as far as anybody here asks for it. */
  static final class Message {
    private int type;
    private int replyTo;
    private String member = "";
    private String error = "";
    private String signature = "";
    private byte[] body = new byte[0];

    String member() {
      return member;
    }

    MessageReader body() {
      return new MessageReader(body);
    }
  }

  /**
   * Connects to the socket at a path.
   *
   * @param daemon whether a bus listens there, and not a service itself
   * @param patienceMillis how long an answer may take
   */
  static Bus connect(String path, boolean daemon, long patienceMillis) {
    Bus bus = new Bus(UnixSocket.connect(path), path, patienceMillis);
    boolean done = false;
    try {
      bus.authenticate();
      if (daemon) {
        Message _ = bus.call(DAEMON, "/org/freedesktop/DBus", DAEMON, "Hello");
      }
      done = true;
      return bus;
    } finally {
      if (!done) {
        bus.close();
      }
    }
  }

  /** Returns the process id of who made the socket; 0 if it is in no pid namespace of ours. */
  int peerPid() {
    return socket.peerPid();
  }

  /** Has a bus hand on the signals of an interface. */
  void subscribe(String anInterface) {
    Message _ =
        call(
            DAEMON,
            "/org/freedesktop/DBus",
            DAEMON,
            "AddMatch",
            Value.of("type='signal',interface='" + anInterface + "'"));
  }

  /**
   * The other side takes our user id from the kernel: one that we name would be wrong in a user
   * namespace. All is said at once, since systemd would leave a first message unread that reaches
   * it together with a BEGIN of its own.
   */
  private void authenticate() {
    socket.send("\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n".getBytes(StandardCharsets.US_ASCII));
    long end = end();
    String answer = line(end);
    if (answer.startsWith("DATA")) {
      answer = line(end);
    }
    if (!answer.startsWith("OK ")) {
      throw new SystemdException("cannot ask systemd at " + path + ": it refuses this user");
    }
  }

  private String line(long end) {
    while (true) {
      for (int i = 1; i < received.length; i++) {
        if (received[i - 1] == '\r' && received[i] == '\n') {
          String line = new String(received, 0, i - 1, StandardCharsets.US_ASCII);
          received = Arrays.copyOfRange(received, i + 1, received.length);
          return line;
        }
      }
      if (received.length > CHUNK) {
        throw nonsense();
      }
      if (!more(end)) {
        throw noAnswer("the handshake");
      }
    }
  }

  /**
   * Calls a method and waits for its answer.
   *
   * @param destination who has it; on a connection to the service itself the name is not looked at
   * @return its answer
   * @throws SystemdException with the other side's error, or if there is no answer in time
   */
  Message call(
      String destination, String object, String anInterface, String member, Value... arguments) {
    int asked = ++serial;
    socket.send(encode(asked, destination, object, anInterface, member, arguments));
    long end = end();
    while (true) {
      Message message = receive(end).orElseThrow(() -> noAnswer(member));
      if (message.type == SIGNAL) {
        if (signals.size() == MAX_SIGNALS) {
          throw nonsense();
        }
        signals.add(message);
      } else if (message.replyTo == asked && message.type == RETURN) {
        return message;
      } else if (message.replyTo == asked && message.type == ERROR) {
        String text = message.signature.startsWith("s") ? message.body().string() : "";
        throw new SystemdException(text.isEmpty() ? message.error : text, message.error);
      }
    }
  }

  /** Returns the next signal; empty if none comes until a point of {@code nanoTime}. */
  Optional<Message> signal(long end) {
    while (signals.isEmpty()) {
      Optional<Message> message = receive(end);
      if (message.isEmpty()) {
        return Optional.empty();
      }
      if (message.get().type == SIGNAL) {
        signals.add(message.get());
      }
    }
    return Optional.of(signals.remove());
  }

  long end() {
    return System.nanoTime() + patienceMillis * 1_000_000;
  }

  // ---- messages: D-Bus specification, Message Format

  private static byte[] encode(
      int serial,
      String destination,
      String object,
      String anInterface,
      String member,
      Value... arguments) {
    MessageWriter body = new MessageWriter();
    StringBuilder signature = new StringBuilder();
    for (Value each : arguments) {
      signature.append(each.signature());
      each.writeTo(body);
    }
    MessageWriter to = new MessageWriter();
    to.number(1, 'l');
    to.number(1, CALL);
    to.number(1, 0);
    to.number(1, 1);
    to.number(4, body.size());
    to.number(4, serial);
    int fields = to.beginArray('(');
    field(to, 1, new Value.Text('o', object));
    field(to, 2, Value.of(anInterface));
    field(to, 3, Value.of(member));
    field(to, 6, Value.of(destination));
    if (signature.length() > 0) {
      field(to, 8, new Value.Text('g', signature.toString()));
    }
    to.endArray(fields, '(');
    to.align(8);
    to.add(body.toBytes());
    return to.toBytes();
  }

  private static void field(MessageWriter to, int code, Value value) {
    to.align(8);
    to.number(1, code);
    new Value.Variant(value).writeTo(to);
  }

  /** Returns the next message; empty if none comes in time. */
  private Optional<Message> receive(long end) {
    int size = size();
    while (size == 0 || received.length < size) {
      if (!more(end)) {
        return Optional.empty();
      }
      size = size();
    }
    byte[] whole = Arrays.copyOf(received, size);
    received = Arrays.copyOfRange(received, size, received.length);
    return Optional.of(decode(whole));
  }

  /** Returns how long the message is that begins what was received; 0 if that is not known yet. */
  private int size() {
    if (received.length < 16) {
      return 0;
    }
    MessageReader from = new MessageReader(received);
    if (from.number(1) != 'l') {
      throw nonsense();
    }
    from.skip(3);
    long body = from.number(4);
    from.skip(4);
    long fields = from.number(4);
    if (body > MAX_MESSAGE || fields > MAX_MESSAGE) {
      throw nonsense();
    }
    return MessageWriter.aligned(16 + (int) fields, 8) + (int) body;
  }

  private static Message decode(byte[] whole) {
    MessageReader from = new MessageReader(whole);
    Message message = new Message();
    from.skip(1);
    message.type = (int) from.number(1);
    from.skip(2);
    int bodySize = (int) from.number(4);
    from.skip(4);
    int fields = (int) from.number(4);
    while (from.position() < 16 + fields) {
      from.align(8);
      switch ((int) from.number(1)) {
        case 3 -> message.member = from.stringInVariant();
        case 4 -> message.error = from.stringInVariant();
        case 5 -> {
          from.skip(3); // the signature u
          message.replyTo = (int) from.number(4);
        }
        case 8 -> message.signature = from.stringInVariant();
        case 9 -> {
          from.skip(3);
          long _ = from.number(4);
        }
        default -> {
          String _ = from.stringInVariant();
        }
      }
    }
    message.body = Arrays.copyOfRange(whole, whole.length - bodySize, whole.length);
    return message;
  }

  /** Waits for more bytes; returns whether there are any in time. */
  private boolean more(long end) {
    long left = Math.max(0, (end - System.nanoTime()) / 1_000_000);
    if (Sys.poll(socket.fd(), Sys.POLLIN, left) == 0) {
      return false;
    }
    byte[] bytes = socket.receive(CHUNK, 0).bytes();
    if (bytes.length == 0) {
      throw new SystemdException("systemd closed the connection at " + path);
    }
    int old = received.length;
    received = Arrays.copyOf(received, old + bytes.length);
    System.arraycopy(bytes, 0, received, old, bytes.length);
    return true;
  }

  private SystemdException noAnswer(String to) {
    return new SystemdException(
        "systemd did not answer at " + path + " within " + patienceMillis + " ms: " + to);
  }

  private SystemdException nonsense() {
    return new SystemdException("what answers at " + path + " does not speak D-Bus as expected");
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (KernelException e) {
      // Nothing is lost with it.
    }
  }
}
