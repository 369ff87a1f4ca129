package dev.carafe.linux;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The network devices of one network namespace, by rtnetlink(7): that in which the socket was made.
 * Not for use by several threads at once.
 */
public final class Netlink implements AutoCloseable {
  private static final int AF_NETLINK = 16;
  private static final int SOCK_RAW = 3;

  private static final int ERROR = 2;
  private static final int NEWLINK = 16;
  private static final int GETLINK = 18;
  private static final int SETLINK = 19;
  private static final int NEWADDR = 20;
  private static final int GETADDR = 22;

  private static final int F_REQUEST = 1;
  private static final int F_MULTI = 2;
  private static final int F_ACK = 4;
  private static final int F_EXCL = 0x200;
  private static final int F_DUMP = 0x300;
  private static final int F_CREATE = 0x400;

  private static final int IFLA_IFNAME = 3;
  private static final int IFLA_NET_NS_PID = 19;
  private static final int IFF_UP = 1;

  private static final int IFA_ADDRESS = 1;
  private static final int IFA_LOCAL = 2;
  private static final int IFA_BROADCAST = 4;
  private static final int IFA_FLAGS = 8;
  private static final int IFA_F_NODAD = 2;
  private static final int IFA_F_PERMANENT = 0x80;
  private static final int IFA_F_NOPREFIXROUTE = 0x200;
  private static final int SCOPE_UNIVERSE = 0;

  private static final int HEADER_SIZE = 16;
  private static final int LINK_SIZE = 16;
  private static final int ADDRESS_SIZE = 8;
  private static final int ANSWER_MAX = 32 * 1024;

  private final Executor executor;
  private final Fd socket;

  /** Takes ownership of a socket that {@link #open} made; the executor's process has it. */
  public Netlink(Executor executor, Fd socket) {
    this.executor = executor;
    this.socket = socket;
  }

  /** Adds the making of a socket, in the network namespace of who performs the batch. */
  public static Ref open(String label, Calls calls) {
    return calls.socket(label, AF_NETLINK, SOCK_RAW, 0);
  }

  /**
   * A network device.
   *
   * @param index its number in its namespace
   * @param up whether it is up
   */
  public record Link(int index, boolean up) {}

  /** An address of a network device. */
  public static final class Address {
    private final int family;
    private final int prefixLength;
    private final List<byte[]> attributes = new ArrayList<>();

    private Address(int family, int prefixLength) {
      this.family = family;
      this.prefixLength = prefixLength;
    }
  }

  /** Finds a device by its name; in a plan it is there. */
  public Link find(String label, String name) {
    ByteBuffer answer = ask(label, name);
    int errno = errno(answer);
    if (errno != 0) {
      throw new KernelException(label, errno);
    }
    if (type(answer) != NEWLINK) {
      return new Link(0, false);
    }
    // struct ifinfomsg: index at 4, flags at 8
    return new Link(answer.getInt(HEADER_SIZE + 4), (answer.getInt(HEADER_SIZE + 8) & IFF_UP) != 0);
  }

  /** Tells whether there is a device of this name; in a plan there is none. */
  public boolean has(String label, String name) {
    return type(ask(label, name)) == NEWLINK;
  }

  private ByteBuffer ask(String label, String name) {
    byte[] wanted = attribute(IFLA_IFNAME, OsString.encodeWithNul(name));
    return ask(label, GETLINK, F_REQUEST, joined(new byte[LINK_SIZE], wanted));
  }

  /** Moves a device to the network namespace of a process, where it has the given name. */
  public void move(String label, int index, int pid, String name) {
    byte[] body = joined(linkBody(index, 0), attribute(IFLA_NET_NS_PID, Bytes.ints(pid)));
    request(label, SETLINK, 0, joined(body, attribute(IFLA_IFNAME, OsString.encodeWithNul(name))));
  }

  /** Sets a device up. */
  public void up(String label, int index) {
    request(label, SETLINK, 0, linkBody(index, IFF_UP));
  }

  private static byte[] linkBody(int index, int flags) {
    return Bytes.ints(0, index, flags, flags);
  }

  /** Returns the permanent addresses of global scope that a device has. */
  public List<Address> permanentAddresses(String label, int index) {
    List<Address> all = new ArrayList<>();
    ByteBuffer answer = ask(label, GETADDR, F_REQUEST | F_DUMP, new byte[ADDRESS_SIZE]);
    while (addresses(label, answer, index, all)) {
      answer = receive(label, executor.batch());
    }
    return all;
  }

  /** Reads the addresses of a part of the answer; returns whether there are more. */
  private static boolean addresses(String label, ByteBuffer part, int index, List<Address> into) {
    boolean more = false;
    int at = 0;
    while (at + HEADER_SIZE <= part.limit() && part.getInt(at) >= HEADER_SIZE) {
      int length = part.getInt(at);
      int type = part.getShort(at + 4);
      if (type == ERROR) {
        throw new KernelException(label, -part.getInt(at + HEADER_SIZE));
      }
      more = type == NEWADDR && (part.getShort(at + 6) & F_MULTI) != 0;
      // struct ifaddrmsg: family 0, prefix length 1, flags 2, scope 3, index 4
      int body = at + HEADER_SIZE;
      if (type == NEWADDR
          && part.getInt(body + 4) == index
          && part.get(body + 3) == SCOPE_UNIVERSE) {
        Address address = new Address(part.get(body), part.get(body + 1) & 0xff);
        if (read(part, body + ADDRESS_SIZE, at + length, part.get(body + 2) & 0xff, address)) {
          into.add(address);
        }
      }
      at += length + 3 & ~3;
    }
    return more;
  }

  /** Reads an address's attributes; returns whether it is permanent. */
  private static boolean read(ByteBuffer part, int from, int end, int shortFlags, Address into) {
    int flags = shortFlags;
    int at = from;
    while (at + 4 <= end && part.getShort(at) >= 4) {
      int length = part.getShort(at);
      int type = part.getShort(at + 2);
      byte[] value = new byte[length - 4];
      part.get(at + 4, value);
      if (type == IFA_FLAGS) {
        flags = Bytes.getInt(value, 0);
      } else if (type == IFA_ADDRESS || type == IFA_LOCAL || type == IFA_BROADCAST) {
        into.attributes.add(attribute(type, value));
      }
      at += length + 3 & ~3;
    }
    int kept = flags & (IFA_F_NODAD | IFA_F_NOPREFIXROUTE);
    into.attributes.add(attribute(IFA_FLAGS, Bytes.ints(kept)));
    return (flags & IFA_F_PERMANENT) != 0;
  }

  /** Gives an address to a device. */
  public void add(String label, Address address, int index) {
    byte[] body = Bytes.ints(address.family | address.prefixLength << 8, index);
    for (int i = 0; i < address.attributes.size(); i++) {
      body = joined(body, address.attributes.get(i));
    }
    request(label, NEWADDR, F_CREATE | F_EXCL, body);
  }

  private void request(String label, int type, int flags, byte[] body) {
    int errno = errno(ask(label, type, F_REQUEST | F_ACK | flags, body));
    if (errno != 0) {
      throw new KernelException(label, errno);
    }
  }

  private ByteBuffer ask(String label, int type, int flags, byte[] body) {
    byte[] header = Bytes.ints(HEADER_SIZE + body.length, type | flags << 16, 1, 0);
    Batch batch = executor.batch();
    Data message = batch.bytes(joined(header, body));
    Ref _ =
        batch.call(
            label,
            Syscall.SENDTO,
            Arg.of(socket),
            message,
            Arg.of(message.length()),
            Arg.ZERO,
            Arg.ZERO,
            Arg.ZERO);
    return receive(label, batch);
  }

  private ByteBuffer receive(String label, Batch batch) {
    Data answer = batch.space(ANSWER_MAX);
    Ref got =
        batch.call(
            label,
            Syscall.RECVFROM,
            Arg.of(socket),
            answer,
            Arg.of(ANSWER_MAX),
            Arg.ZERO,
            Arg.ZERO,
            Arg.ZERO);
    batch.output(answer);
    Reply reply = executor.run(batch);
    return reply.output(batch, 0).limit((int) reply.value(got));
  }

  private static int type(ByteBuffer answer) {
    return answer.limit() < HEADER_SIZE ? 0 : answer.getShort(4);
  }

  /** Nothing at all is the answer of a plan. */
  private static int errno(ByteBuffer answer) {
    return type(answer) == ERROR ? -answer.getInt(HEADER_SIZE) : 0;
  }

  private static byte[] attribute(int type, byte[] value) {
    byte[] all = new byte[4 + value.length + 3 & ~3];
    Bytes.putShort(all, 0, 4 + value.length);
    Bytes.putShort(all, 2, type);
    System.arraycopy(value, 0, all, 4, value.length);
    return all;
  }

  private static byte[] joined(byte[] first, byte[] second) {
    byte[] all = new byte[first.length + second.length];
    System.arraycopy(first, 0, all, 0, first.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }

  @Override
  public void close() {
    socket.close();
  }
}
