package dev.carafe;

import java.util.Optional;

/** What a process has of who asks for it, be it a container's first one or one that joins it. */
public abstract sealed class ProcessRequest permits ContainerRequest, ExecRequest {
  private final StreamMode stdin;
  private final StreamMode stdout;
  private final StreamMode stderr;
  private final Optional<String> consoleSocket;
  private final Optional<String> pidFile;
  private final Optional<String> pidfdSocket;
  private final int preserveFds;

  ProcessRequest(Builder<?> b) {
    stdin = b.stdin;
    stdout = b.stdout;
    stderr = b.stderr;
    consoleSocket = b.consoleSocket;
    pidFile = b.pidFile;
    pidfdSocket = b.pidfdSocket;
    preserveFds = b.preserveFds;
  }

  /** Returns what standard input is. */
  public final StreamMode stdin() {
    return stdin;
  }

  /** Returns what standard output is. */
  public final StreamMode stdout() {
    return stdout;
  }

  /** Returns what standard error is. */
  public final StreamMode stderr() {
    return stderr;
  }

  /** Returns the socket that the terminal is sent to. */
  public final Optional<String> consoleSocket() {
    return consoleSocket;
  }

  /** Returns the file that gets the process's id. */
  public final Optional<String> pidFile() {
    return pidFile;
  }

  /** Returns the socket that a descriptor of the process is sent to. */
  public final Optional<String> pidfdSocket() {
    return pidfdSocket;
  }

  /**
   * Returns how many of the caller's descriptors it gets, from 3 on or after those to listen at.
   */
  public final int preserveFds() {
    return preserveFds;
  }

  /**
   * Makes a request part by part.
   *
   * @param <B> the builder of the request that is made
   */
  public abstract static sealed class Builder<B extends Builder<B>>
      permits ContainerRequest.Builder, ExecRequest.Builder {
    private StreamMode stdin = StreamMode.INHERIT;
    private StreamMode stdout = StreamMode.INHERIT;
    private StreamMode stderr = StreamMode.INHERIT;
    private Optional<String> consoleSocket = Optional.empty();
    private Optional<String> pidFile = Optional.empty();
    private Optional<String> pidfdSocket = Optional.empty();
    private int preserveFds;

    Builder() {}

    abstract B self();

    /** Sets what standard input is. */
    public final B stdin(StreamMode value) {
      stdin = value;
      return self();
    }

    /** Sets what standard output is. */
    public final B stdout(StreamMode value) {
      stdout = value;
      return self();
    }

    /** Sets what standard error is. */
    public final B stderr(StreamMode value) {
      stderr = value;
      return self();
    }

    /** Sets what all three standard streams are. */
    public final B streams(StreamMode value) {
      return stdin(value).stdout(value).stderr(value);
    }

    /**
     * Has the terminal's other side sent to a socket. For a container this is refused where the
     * configuration has no terminal, or somebody here stays to hold it: {@link
     * ContainerRequest.Builder#detached}.
     */
    public final B consoleSocket(String path) {
      consoleSocket = Optional.of(path);
      return self();
    }

    /** Has the process's id written to a file. */
    public final B pidFile(String path) {
      pidFile = Optional.of(path);
      return self();
    }

    /**
     * Has a pidfd of the process sent to a Unix socket, with the word "standard" for a container's
     * first one and "setns" for one that joins it, as runc does.
     */
    public final B pidfdSocket(String path) {
      pidfdSocket = Optional.of(path);
      return self();
    }

    /** Gives the process the caller's descriptors from 3 on, so many of them. */
    public final B preserveFds(int count) {
      preserveFds = count;
      return self();
    }
  }
}
