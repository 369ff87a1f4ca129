package dev.carafe;

import java.util.Optional;

/** How a container is checkpointed. */
public final class CheckpointRequest {
  private final ImageOptions image;
  private final boolean leaveRunning;
  private final boolean preDump;
  private final boolean linkRemap;
  private final boolean tcpSkipInFlight;
  private final Optional<String> parent;
  private final Optional<PageServer> pageServer;
  private final Optional<Runnable> pagesReady;

  /**
   * Who takes the memory, in the place of the images' directory.
   *
   * @param address its host
   * @param port its port
   */
  public record PageServer(String address, int port) {}

  private CheckpointRequest(Builder b) {
    image = b.image;
    leaveRunning = b.leaveRunning;
    preDump = b.preDump;
    linkRemap = b.linkRemap;
    tcpSkipInFlight = b.tcpSkipInFlight;
    parent = b.parent;
    pageServer = b.pageServer;
    pagesReady = b.pagesReady;
  }

  /** Begins a request. */
  public static Builder builder(ImageOptions image) {
    return new Builder(image);
  }

  /** Returns where the images go. */
  public ImageOptions image() {
    return image;
  }

  /** Returns whether the container goes on after it. */
  public boolean leaveRunning() {
    return leaveRunning;
  }

  /** Returns whether only memory is written, and the container goes on after it. */
  public boolean preDump() {
    return preDump;
  }

  /** Returns whether files that were removed and are open are linked anew. */
  public boolean linkRemap() {
    return linkRemap;
  }

  /** Returns whether TCP connections that are being made are left out. */
  public boolean tcpSkipInFlight() {
    return tcpSkipInFlight;
  }

  /** Returns the directory of an earlier pre-dump, relative to that of the images. */
  public Optional<String> parent() {
    return parent;
  }

  /** Returns who takes the memory. */
  public Optional<PageServer> pageServer() {
    return pageServer;
  }

  /** Returns who is told that memory can be fetched. */
  public Optional<Runnable> pagesReady() {
    return pagesReady;
  }

  /** Makes a request part by part. */
  public static final class Builder {
    private final ImageOptions image;
    private boolean leaveRunning;
    private boolean preDump;
    private boolean linkRemap;
    private boolean tcpSkipInFlight;
    private Optional<String> parent = Optional.empty();
    private Optional<PageServer> pageServer = Optional.empty();
    private Optional<Runnable> pagesReady = Optional.empty();

    private Builder(ImageOptions image) {
      this.image = image;
    }

    /** Lets the container go on after it. */
    public Builder leaveRunning(boolean value) {
      leaveRunning = value;
      return this;
    }

    /** Writes only memory; the container goes on after it. */
    public Builder preDump(boolean value) {
      preDump = value;
      return this;
    }

    /** Links files anew that were removed and are open. */
    public Builder linkRemap(boolean value) {
      linkRemap = value;
      return this;
    }

    /** Leaves TCP connections out that are being made. */
    public Builder tcpSkipInFlight(boolean value) {
      tcpSkipInFlight = value;
      return this;
    }

    /** Names the directory of an earlier pre-dump, relative to that of the images. */
    public Builder parent(String relative) {
      parent = Optional.of(relative);
      return this;
    }

    /** Sends the memory to a server. */
    public Builder pageServer(PageServer value) {
      pageServer = Optional.of(value);
      return this;
    }

    /** Has somebody told, with lazy pages, that memory can be fetched. */
    public Builder pagesReady(Runnable value) {
      pagesReady = Optional.of(value);
      return this;
    }

    /** Makes the request. */
    public CheckpointRequest build() {
      return new CheckpointRequest(this);
    }
  }
}
