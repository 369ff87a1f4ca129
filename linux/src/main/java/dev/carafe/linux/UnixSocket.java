package dev.carafe.linux;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Unix stream sockets, which carry bytes and descriptors. A socket's name is given by its directory
 * and its name there, so that the limit of 107 bytes on an address never meets the whole path.
 */
public final class UnixSocket implements AutoCloseable {
  private static final int AF_UNIX = 1;
  private static final int SOCK_STREAM = 1;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_CLOEXEC = 02000000;
  private static final int SOCK_NONBLOCK = 04000;
  private static final int SHUT_RD = 0;
  private static final int SHUT_WR = 1;
  private static final int SOL_SOCKET = 1;
  private static final int SO_PEERCRED = 17;
  private static final int UCRED_SIZE = 12;

  /** Size of {@code sun_path}. */
  private static final int PATH_MAX = 108;

  private static final Fd[] NO_ROOM = {};

  private final Fd fd;

  /** Takes ownership of a socket. */
  public UnixSocket(Fd fd) {
    this.fd = fd;
  }

  /** What was received. No bytes and no descriptors is the end of the stream. */
  public static final class Message {
    private final byte[] bytes;
    private final List<Fd> descriptors;

    Message(byte[] bytes, List<Fd> descriptors) {
      this.bytes = bytes;
      this.descriptors = descriptors;
    }

    /** Returns the bytes; none at the end of the stream. */
    public byte[] bytes() {
      return bytes;
    }

    /** Returns the descriptors, which the caller owns. */
    public List<Fd> descriptors() {
      return descriptors;
    }
  }

  /** Returns two sockets that are connected to each other. */
  public static UnixSocket[] pair() {
    byte[] data = new byte[8];
    Sys.check(
        "make a socket pair",
        Sys.call(Syscall.SOCKETPAIR, data, 0b1000, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, 0));
    return new UnixSocket[] {
      new UnixSocket(Fd.own(Bytes.getInt(data, 0))), new UnixSocket(Fd.own(Bytes.getInt(data, 4)))
    };
  }

  /** Makes a socket at {@code name} in {@code dir} and listens at it. */
  public static UnixSocket listen(Fd dir, String name, int backlog) {
    UnixSocket socket = new UnixSocket(make(0));
    boolean done = false;
    try {
      byte[] address = address(dir, name);
      Sys.check(
          "bind socket " + name,
          Sys.call(Syscall.BIND, address, 0b10, socket.fd.number(), 0, address.length));
      Sys.check("listen at socket " + name, Sys.call(Syscall.LISTEN, socket.fd.number(), backlog));
      done = true;
      return socket;
    } finally {
      if (!done) {
        socket.close();
      }
    }
  }

  /** Connects to the socket at {@code name} in {@code dir}. */
  public static UnixSocket connect(Fd dir, String name) {
    UnixSocket socket = new UnixSocket(make(0));
    long result = connect(socket.fd, dir, name);
    if (result < 0) {
      socket.close();
      throw new KernelException("connect to socket " + name, (int) -result);
    }
    return socket;
  }

  /** Connects to the socket at a path of any length. */
  public static UnixSocket connect(String path) {
    int slash = path.lastIndexOf('/');
    if (slash < 0) {
      return connect(Fd.CWD, path);
    }
    String parent = slash == 0 ? "/" : path.substring(0, slash);
    try (Fd dir = Sys.open(parent, Open.PATH | Open.DIRECTORY, 0)) {
      return connect(dir, path.substring(slash + 1));
    }
  }

  /**
   * Returns whether somebody listens at the socket {@code name} in {@code dir}. Connects and closes
   * without a byte; never waits.
   */
  public static boolean listens(Fd dir, String name) {
    try (Fd fd = make(SOCK_NONBLOCK)) {
      long result = connect(fd, dir, name);
      if (result == -Errno.ECONNREFUSED
          || result == -Errno.ENOENT
          || result == -Errno.ENOTSOCK
          || result == -Errno.ENOTDIR) {
        return false;
      }
      // EAGAIN: its queue is full, so somebody listens.
      if (result < 0 && result != -Errno.EAGAIN) {
        throw new KernelException("connect to socket " + name, (int) -result);
      }
      return true;
    }
  }

  /** Makes a socket for datagrams at {@code name} in {@code dir}. */
  public static UnixSocket datagrams(Fd dir, String name) {
    UnixSocket socket = new UnixSocket(make(SOCK_DGRAM, 0));
    byte[] address = address(dir, name);
    long result = Sys.call(Syscall.BIND, address, 0b10, socket.fd.number(), 0, address.length);
    if (result < 0) {
      socket.close();
      throw new KernelException("bind socket " + name, (int) -result);
    }
    return socket;
  }

  /** Makes a socket that sends datagrams to a path, or to {@code @} and an abstract name. */
  public static UnixSocket datagramsTo(String path) {
    UnixSocket socket = new UnixSocket(make(SOCK_DGRAM, 0));
    byte[] address = address(path);
    if (path.startsWith("@")) {
      // Abstract names begin with a NUL and have none at the end.
      address[2] = 0;
      address = Arrays.copyOf(address, address.length - 1);
    }
    long result = Sys.call(Syscall.CONNECT, address, 0b10, socket.fd.number(), 0, address.length);
    if (result < 0) {
      socket.close();
      throw new KernelException("connect to socket " + path, (int) -result);
    }
    return socket;
  }

  private static Fd make(int flags) {
    return make(SOCK_STREAM, flags);
  }

  private static Fd make(int type, int flags) {
    return Fd.own(
        Sys.check(
            "make a socket", Sys.call(Syscall.SOCKET, AF_UNIX, type | SOCK_CLOEXEC | flags, 0)));
  }

  private static long connect(Fd fd, Fd dir, String name) {
    byte[] address = address(dir, name);
    return Sys.call(Syscall.CONNECT, address, 0b10, fd.number(), 0, address.length);
  }

  private static byte[] address(Fd dir, String name) {
    return address(
        dir == Fd.CWD || name.startsWith("/")
            ? name
            : "/proc/self/fd/" + dir.number() + "/" + name);
  }

  /** Returns a {@code struct sockaddr_un}. */
  static byte[] address(String path) {
    byte[] encoded = OsString.encodeWithNul(path);
    if (encoded.length > PATH_MAX) {
      throw new KernelException("use " + path + " as a socket's address", Errno.ENAMETOOLONG);
    }
    byte[] to = new byte[2 + encoded.length];
    Bytes.putShort(to, 0, AF_UNIX);
    System.arraycopy(encoded, 0, to, 2, encoded.length);
    return to;
  }

  /** Waits for a connection and accepts it. */
  public UnixSocket accept() {
    return new UnixSocket(
        Fd.own(
            Sys.check(
                "accept a connection",
                Sys.call(Syscall.ACCEPT4, fd.number(), 0, 0, SOCK_CLOEXEC))));
  }

  /** Sends all bytes, at least one, and with the first of them the descriptors. */
  public void send(byte[] bytes, Fd... descriptors) {
    int[] fds = new int[descriptors.length];
    for (int i = 0; i < fds.length; i++) {
      fds[i] = descriptors[i].number();
    }
    int at = 0;
    while (at < bytes.length) {
      long sent =
          Native.send(fd.number(), bytes, at, bytes.length - at, at == 0 ? fds : Native.NO_FDS);
      if (sent == -Errno.EINTR) {
        continue;
      }
      at += Sys.check("send to a socket", sent);
    }
  }

  /** Receives what is there, waiting for the first byte. */
  public Message receive(int maxBytes, int maxDescriptors) {
    byte[] into = new byte[maxBytes];
    int[] fds = new int[maxDescriptors];
    while (true) {
      long got = Native.receive(fd.number(), into, 0, maxBytes, fds);
      if (got == -Errno.EINTR) {
        continue;
      }
      int size = Sys.check("receive from a socket", got);
      List<Fd> descriptors = new ArrayList<>();
      for (int number : fds) {
        if (number >= 0) {
          descriptors.add(Fd.own(number));
        }
      }
      return new Message(Arrays.copyOf(into, size), descriptors);
    }
  }

  /** Receives exactly {@code size} bytes and no descriptors; fewer when the stream ends before. */
  public byte[] receiveFully(int size) {
    return receiveFully(size, NO_ROOM);
  }

  /**
   * Receives exactly {@code size} bytes, fewer when the stream ends before.
   *
   * @param descriptor takes a descriptor that comes with them, which the caller owns; others are
   *     closed
   */
  byte[] receiveFully(int size, @Nullable Fd[] descriptor) {
    byte[] into = new byte[size];
    int[] fds = descriptor.length == 0 ? Native.NO_FDS : new int[] {-1};
    int at = 0;
    while (at < size) {
      long got = Native.receive(fd.number(), into, at, size - at, fds);
      if (got >= 0 && fds.length == 1 && fds[0] >= 0) {
        Fd came = Fd.own(fds[0]);
        if (descriptor[0] == null) {
          descriptor[0] = came;
        } else {
          came.close();
        }
      }
      if (got == -Errno.EINTR) {
        continue;
      }
      int count = Sys.check("receive from a socket", got);
      if (count == 0) {
        return Arrays.copyOf(into, at);
      }
      at += count;
    }
    return into;
  }

  /**
   * Returns the process id of who listened on the other side, as it is in this process's pid
   * namespace; 0 if it is not in it.
   */
  public int peerPid() {
    // struct ucred: pid, uid, gid; then its size.
    byte[] data = Bytes.ints(0, 0, 0, UCRED_SIZE);
    Sys.check(
        "get the other side's process",
        Sys.call(
            Syscall.GETSOCKOPT,
            data,
            0b11000,
            fd.number(),
            SOL_SOCKET,
            SO_PEERCRED,
            0,
            UCRED_SIZE));
    return Bytes.getInt(data, 0);
  }

  /** Takes nothing more from the other side: what is received next is the end. */
  public void shutdownRead() {
    Sys.check("shut down a socket", Sys.call(Syscall.SHUTDOWN, fd.number(), SHUT_RD));
  }

  /** Tells the other side that nothing more comes. */
  public void shutdownWrite() {
    Sys.check("shut down a socket", Sys.call(Syscall.SHUTDOWN, fd.number(), SHUT_WR));
  }

  /** Returns the descriptor, which this owns. */
  public Fd fd() {
    return fd;
  }

  @Override
  public void close() {
    fd.close();
  }
}
