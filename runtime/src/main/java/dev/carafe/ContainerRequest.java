package dev.carafe;

import dev.carafe.spec.Spec;
import java.nio.file.Path;
import java.util.Optional;

/** What to make a container from, and how. */
public final class ContainerRequest extends ProcessRequest {
  private final ContainerId id;
  private final String bundle;
  private final Optional<Spec> spec;
  private final boolean detached;
  private final Optional<String> userLog;
  private final boolean notifySocket;
  private final int listenFds;
  private final boolean noPivot;
  private final boolean noNewKeyring;
  private final boolean systemdCgroup;
  private final boolean rootless;
  private final boolean overHostRoot;

  private ContainerRequest(Builder b) {
    super(b);
    id = b.id;
    bundle = b.bundle;
    spec = b.spec;
    detached = b.detached;
    userLog = b.userLog;
    notifySocket = b.notifySocket;
    listenFds = b.listenFds;
    noPivot = b.noPivot;
    noNewKeyring = b.noNewKeyring;
    systemdCgroup = b.systemdCgroup;
    rootless = b.rootless;
    overHostRoot = b.overHostRoot;
  }

  /** Begins a request for a container from the bundle in a directory. */
  public static Builder builder(ContainerId id, Path bundle) {
    return new Builder(id, bundle.toString());
  }

  /**
   * Begins a request for a container from the bundle in a directory, whose path may hold bytes that
   * are not UTF-8: each of them is the lone surrogate U+DC00 + byte.
   */
  public static Builder builder(ContainerId id, String bundle) {
    return new Builder(id, bundle);
  }

  /** Returns the container's id. */
  public ContainerId id() {
    return id;
  }

  /** Returns the bundle's directory. */
  public String bundle() {
    return bundle;
  }

  /** Returns the configuration, if it is not the bundle's {@code config.json}. */
  public Optional<Spec> spec() {
    return spec;
  }

  /** Returns whether nobody here stays to hold the other side of a terminal. */
  public boolean detached() {
    return detached;
  }

  /** Returns the file where messages for the container's user go. */
  public Optional<String> userLog() {
    return userLog;
  }

  /** Returns whether the program can tell that it is ready. */
  public boolean notifySocket() {
    return notifySocket;
  }

  /** Returns how many of the caller's descriptors, from 3 on, are sockets for the program. */
  public int listenFds() {
    return listenFds;
  }

  /** Returns whether the root is changed without {@code pivot_root}. */
  public boolean noPivot() {
    return noPivot;
  }

  /** Returns whether the container keeps the caller's session keyring. */
  public boolean noNewKeyring() {
    return noNewKeyring;
  }

  /** Returns whether systemd makes the cgroup. */
  public boolean systemdCgroup() {
    return systemdCgroup;
  }

  /** Returns whether cgroups that this user may not write are passed over. */
  public boolean rootless() {
    return rootless;
  }

  /** Returns whether the root is the host's file system, under an overlay that is thrown away. */
  public boolean overHostRoot() {
    return overHostRoot;
  }

  /** Makes a request part by part. */
  public static final class Builder extends ProcessRequest.Builder<Builder> {
    private final ContainerId id;
    private final String bundle;
    private Optional<Spec> spec = Optional.empty();
    private boolean detached;
    private Optional<String> userLog = Optional.empty();
    private boolean notifySocket;
    private int listenFds;
    private boolean noPivot;
    private boolean noNewKeyring;
    private boolean systemdCgroup;
    private boolean rootless;
    private boolean overHostRoot;

    private Builder(ContainerId id, String bundle) {
      this.id = id;
      this.bundle = bundle;
    }

    /** Gives the configuration; the bundle's {@code config.json} is not looked at then. */
    public Builder spec(Spec value) {
      spec = Optional.of(value);
      return this;
    }

    /**
     * Says that nobody here stays to hold the other side of a terminal: then a configuration with a
     * terminal needs a console socket, and is refused without one.
     */
    public Builder detached(boolean value) {
      detached = value;
      return this;
    }

    /**
     * Has a line added to a file for each warning of the container's making and start, and for why
     * one failed: for who uses the container and does not see the caller's own log. The file is
     * made if it is missing. The path is absolute.
     */
    public Builder userLog(String path) {
      userLog = Optional.of(path);
      return this;
    }

    /**
     * Gives the program a {@code NOTIFY_SOCKET} of its own, as sd_notify(3) wants it. A command
     * hands on what it says there.
     */
    public Builder notifySocket(boolean value) {
      notifySocket = value;
      return this;
    }

    /**
     * Gives the container the caller's descriptors from 3 on, so many of them, and tells it that
     * they are sockets to listen at, as sd_listen_fds(3) wants it.
     */
    public Builder listenFds(int count) {
      listenFds = count;
      return this;
    }

    /** Changes the root without {@code pivot_root}, for a host whose root is an initial ramdisk. */
    public Builder noPivot(boolean value) {
      noPivot = value;
      return this;
    }

    /** Lets the container keep the caller's session keyring. */
    public Builder noNewKeyring(boolean value) {
      noNewKeyring = value;
      return this;
    }

    /** Has systemd make the cgroup. */
    public Builder systemdCgroup(boolean value) {
      systemdCgroup = value;
      return this;
    }

    /** Passes over cgroups that this user may not write. */
    public Builder rootless(boolean value) {
      rootless = value;
      return this;
    }

    /** Takes the host's file system as the root, read-only under an overlay that is thrown away. */
    public Builder overHostRoot(boolean value) {
      overHostRoot = value;
      return this;
    }

    @Override
    Builder self() {
      return this;
    }

    /** Makes the request. */
    public ContainerRequest build() {
      return new ContainerRequest(this);
    }
  }
}
