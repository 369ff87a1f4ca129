package dev.carafe;

import java.nio.file.Path;

/** Where a checkpoint's images are, and how CRIU writes or reads them. */
public final class ImageOptions {

  /** What becomes of the cgroups of a container's processes, and of those below. */
  public enum Cgroups {
    /** CRIU leaves them alone. */
    IGNORE,
    /** Those that are missing are made, with what was set; others are left as they are. */
    SOFT,
    /** All are made as they were. */
    FULL,
    /** All are made as they were; it is an error if one is there. */
    STRICT
  }

  private final String images;
  private final String work;
  private final boolean tcpEstablished;
  private final boolean externalUnixSockets;
  private final boolean shellJob;
  private final boolean fileLocks;
  private final boolean emptyNetwork;
  private final boolean autoDedup;
  private final boolean lazyPages;
  private final Cgroups cgroups;

  private ImageOptions(Builder b) {
    images = b.images;
    work = b.work;
    tcpEstablished = b.tcpEstablished;
    externalUnixSockets = b.externalUnixSockets;
    shellJob = b.shellJob;
    fileLocks = b.fileLocks;
    emptyNetwork = b.emptyNetwork;
    autoDedup = b.autoDedup;
    lazyPages = b.lazyPages;
    cgroups = b.cgroups;
  }

  /** Begins with the directory of the images, absolute. */
  public static Builder builder(Path images) {
    return new Builder(images.toString());
  }

  /** Begins with the directory of the images, absolute; see {@link ContainerRequest#builder}. */
  public static Builder builder(String images) {
    return new Builder(images);
  }

  /** Returns the directory of the images. */
  public String images() {
    return images;
  }

  /** Returns the directory of the logs and of CRIU's own files. */
  public String work() {
    return work;
  }

  /** Returns whether open TCP connections may be there, which are kept. */
  public boolean tcpEstablished() {
    return tcpEstablished;
  }

  /** Returns whether Unix sockets may be there whose other end is outside. */
  public boolean externalUnixSockets() {
    return externalUnixSockets;
  }

  /** Returns whether the processes may have a terminal or session from outside. */
  public boolean shellJob() {
    return shellJob;
  }

  /** Returns whether file locks are kept. */
  public boolean fileLocks() {
    return fileLocks;
  }

  /** Returns whether the network namespace is made, but nothing in it. */
  public boolean emptyNetwork() {
    return emptyNetwork;
  }

  /** Returns whether memory that a later image has as well is removed from an earlier one. */
  public boolean autoDedup() {
    return autoDedup;
  }

  /** Returns whether memory comes only when it is needed. */
  public boolean lazyPages() {
    return lazyPages;
  }

  /** Returns what becomes of cgroups. */
  public Cgroups cgroups() {
    return cgroups;
  }

  /** Makes one part by part. */
  public static final class Builder {
    private final String images;
    private String work;
    private boolean tcpEstablished;
    private boolean externalUnixSockets;
    private boolean shellJob;
    private boolean fileLocks;
    private boolean emptyNetwork;
    private boolean autoDedup;
    private boolean lazyPages;
    private Cgroups cgroups = Cgroups.SOFT;

    private Builder(String images) {
      this.images = images;
      this.work = images;
    }

    /** Sets the directory of the logs; else they are with the images. */
    public Builder work(String value) {
      work = value;
      return this;
    }

    /** Allows open TCP connections, which are kept. */
    public Builder tcpEstablished(boolean value) {
      tcpEstablished = value;
      return this;
    }

    /** Allows Unix sockets whose other end is outside. */
    public Builder externalUnixSockets(boolean value) {
      externalUnixSockets = value;
      return this;
    }

    /** Allows a terminal or session from outside. */
    public Builder shellJob(boolean value) {
      shellJob = value;
      return this;
    }

    /** Keeps file locks. */
    public Builder fileLocks(boolean value) {
      fileLocks = value;
      return this;
    }

    /** Makes the network namespace, but nothing in it. */
    public Builder emptyNetwork(boolean value) {
      emptyNetwork = value;
      return this;
    }

    /** Removes memory from an earlier image that a later one has as well. */
    public Builder autoDedup(boolean value) {
      autoDedup = value;
      return this;
    }

    /** Has memory come only when it is needed. */
    public Builder lazyPages(boolean value) {
      lazyPages = value;
      return this;
    }

    /** Says what becomes of cgroups. */
    public Builder cgroups(Cgroups value) {
      cgroups = value;
      return this;
    }

    /** Makes the options. */
    public ImageOptions build() {
      return new ImageOptions(this);
    }
  }
}
