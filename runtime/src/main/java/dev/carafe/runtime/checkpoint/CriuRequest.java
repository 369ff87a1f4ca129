package dev.carafe.runtime.checkpoint;

import dev.carafe.ImageOptions;
import java.util.Map;

/**
 * What CRIU is asked. The numbers are those of CRIU's {@code images/rpc.proto}: criu_req_type,
 * criu_req, and for the options criu_opts.
 */
final class CriuRequest {
  static final int DUMP = 1;
  static final int RESTORE = 2;
  static final int PRE_DUMP = 4;
  static final int NOTICE = 6;
  static final int FEATURES = 9;
  static final int VERSION = 10;

  /** As much as runc asks for; it is what an error is looked for in. */
  private static final int LOG_LEVEL = 4;

  private static final int NEWNET = 0x40000000;

  /** The annotation by which clients name a file with more options for CRIU. */
  private static final String CONFIG_ANNOTATION = "org.criu.config";

  private static final String CONFIG = "/etc/criu/carafe.conf";

  private final int type;
  private final WireWriter options = new WireWriter();

  CriuRequest(int type) {
    this.type = type;
  }

  int type() {
    return type;
  }

  /** Returns the word for errors. */
  static String word(int type) {
    return switch (type) {
      case DUMP -> "dump";
      case RESTORE -> "restore";
      case PRE_DUMP -> "pre-dump";
      case FEATURES -> "feature check";
      case VERSION -> "version";
      default -> "request " + type;
    };
  }

  static byte[] version() {
    return new WireWriter().number(1, VERSION).toBytes();
  }

  static byte[] features(boolean memory, boolean pages) {
    WireWriter wanted = new WireWriter().flag(1, memory).flag(2, pages);
    return new WireWriter().number(1, FEATURES).message(5, wanted).toBytes();
  }

  static byte[] noticeTaken(boolean success) {
    return new WireWriter().number(1, NOTICE).number(3, success ? 1 : 0).toBytes();
  }

  byte[] toBytes() {
    return new WireWriter().number(1, type).message(2, options).toBytes();
  }

  /** Sets what a dump and a restore have in common. */
  CriuRequest image(ImageOptions image, String log) {
    options
        .number(1, CriuProcess.IMAGES)
        .flag(4, image.externalUnixSockets())
        .flag(5, image.tcpEstablished())
        .flag(7, image.shellJob())
        .flag(8, image.fileLocks())
        .number(9, LOG_LEVEL)
        .text(10, log)
        .flag(12, true)
        .flag(16, image.autoDedup())
        .number(17, CriuProcess.WORK)
        .number(
            34,
            switch (image.cgroups()) {
              case IGNORE -> 0;
              case SOFT -> 3;
              case FULL -> 4;
              case STRICT -> 5;
            })
        .flag(48, image.lazyPages())
        .flag(50, true);
    if (image.emptyNetwork()) {
      options.number(38, NEWNET);
    }
    return this;
  }

  CriuRequest config(Map<String, String> annotations) {
    String given = annotations.get(CONFIG_ANNOTATION);
    if (given == null) {
      options.text(51, CONFIG);
    } else if (!given.isEmpty()) {
      options.text(51, given);
    }
    return this;
  }

  CriuRequest root(String path) {
    options.text(13, path);
    return this;
  }

  /** Says what CRIU finds outside: {@code mnt[KEY]:VALUE}, {@code net[INODE]:KEY}, and so on. */
  CriuRequest external(String value) {
    options.text(37, value);
    return this;
  }

  // ---- dump

  CriuRequest process(int pid) {
    options.number(2, pid);
    return this;
  }

  CriuRequest leaveRunning(boolean value) {
    options.flag(3, value);
    return this;
  }

  CriuRequest pageServer(String address, int port) {
    options.message(11, new WireWriter().text(1, address).number(2, port));
    return this;
  }

  CriuRequest parentImages(String relative) {
    options.text(14, relative).flag(15, true);
    return this;
  }

  CriuRequest linkRemap(boolean value) {
    options.flag(18, value);
    return this;
  }

  CriuRequest freezeCgroup(String path) {
    options.text(44, path);
    return this;
  }

  CriuRequest tcpSkipInFlight(boolean value) {
    options.flag(46, value);
    return this;
  }

  // ---- restore

  /** Makes the first process a child of CRIU's parent. */
  CriuRequest sibling() {
    options.flag(26, true);
    return this;
  }

  CriuRequest evasiveDevices() {
    options.flag(6, true);
    return this;
  }

  /**
   * Says where the cgroups of a controller go.
   *
   * @param controller empty for version 2, where CRIU looks for one without a name
   */
  CriuRequest cgroupRoot(String controller, String path) {
    WireWriter root = new WireWriter();
    if (!controller.isEmpty()) {
      root.text(1, controller);
    }
    options.message(25, root.text(2, path));
    return this;
  }

  /** Hands on a descriptor, by its number in CRIU's process. */
  CriuRequest inherit(String key, int fd) {
    options.message(27, new WireWriter().text(1, key).number(2, fd));
    return this;
  }

  CriuRequest join(String namespace, String file) {
    options.message(39, new WireWriter().text(1, namespace).text(2, file));
    return this;
  }

  CriuRequest lsmProfile(String value) {
    options.text(53, value);
    return this;
  }

  CriuRequest lsmMountContext(String value) {
    options.text(63, value);
    return this;
  }
}
