package dev.carafe.runtime.container;

import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Sys;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Objects;

/** Writes to a descriptor, which its container's handle owns too: closing either closes it. */
final class FdOutputStream extends OutputStream {
  private final Fd fd;

  FdOutputStream(Fd fd) {
    this.fd = fd;
  }

  @Override
  public void write(int one) throws IOException {
    write(new byte[] {(byte) one}, 0, 1);
  }

  @Override
  public void write(byte[] from, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, from.length);
    if (!fd.isOpen()) {
      throw new IOException("the stream is closed");
    }
    try {
      Sys.writeFully(fd, Arrays.copyOfRange(from, offset, offset + length));
    } catch (KernelException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    fd.close();
  }
}
