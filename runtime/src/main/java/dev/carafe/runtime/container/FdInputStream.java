package dev.carafe.runtime.container;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Sys;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/** Reads a descriptor, which its container's handle owns too: closing either closes it. */
final class FdInputStream extends InputStream {
  private final Fd fd;

  FdInputStream(Fd fd) {
    this.fd = fd;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, into.length);
    if (length == 0) {
      return 0;
    }
    if (!fd.isOpen()) {
      throw new IOException("the stream is closed");
    }
    try {
      byte[] got = Sys.read(fd, Math.min(length, 65_536));
      System.arraycopy(got, 0, into, offset, got.length);
      return got.length == 0 ? -1 : got.length;
    } catch (KernelException e) {
      if (e.errno() == Errno.EIO) {
        // What a terminal says when nobody is on its other side.
        return -1;
      }
      throw new IOException(e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    fd.close();
  }
}
