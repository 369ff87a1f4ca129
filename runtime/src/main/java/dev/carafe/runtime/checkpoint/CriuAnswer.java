package dev.carafe.runtime.checkpoint;

/** What CRIU says: an answer to a request, or a notice on the way to one. */
final class CriuAnswer {
  private int type;
  private boolean success;
  private int errno;
  private String message = "";
  private String notice = "";
  private int noticePid;
  private int restored;
  private boolean tracksMemory;
  private boolean pagesLater;
  private int version;

  private CriuAnswer() {}

  /** Reads one, see CRIU's {@code images/rpc.proto}, criu_resp. */
  static CriuAnswer parse(byte[] bytes) {
    CriuAnswer answer = new CriuAnswer();
    WireReader in = new WireReader(bytes);
    while (in.next()) {
      switch (in.field()) {
        case 1 -> answer.type = in.number();
        case 2 -> answer.success = in.flag();
        case 4 -> answer.readRestored(in.message());
        case 5 -> answer.readNotice(in.message());
        case 7 -> answer.errno = in.number();
        case 8 -> answer.readFeatures(in.message());
        case 9 -> answer.message = in.text();
        case 10 -> answer.readVersion(in.message());
        default -> {
          // A field of a newer CRIU.
        }
      }
    }
    return answer;
  }

  private void readRestored(WireReader in) {
    while (in.next()) {
      if (in.field() == 1) {
        restored = in.number();
      }
    }
  }

  private void readNotice(WireReader in) {
    while (in.next()) {
      if (in.field() == 1) {
        notice = in.text();
      } else if (in.field() == 2) {
        noticePid = in.number();
      }
    }
  }

  private void readFeatures(WireReader in) {
    while (in.next()) {
      if (in.field() == 1) {
        tracksMemory = in.flag();
      } else if (in.field() == 2) {
        pagesLater = in.flag();
      }
    }
  }

  private void readVersion(WireReader in) {
    int major = 0;
    int minor = 0;
    int sublevel = 0;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> major = in.number();
        case 2 -> minor = in.number();
        case 4 -> sublevel = in.number();
        default -> {
          // A name, the commit.
        }
      }
    }
    version = major * 10_000 + minor * 100 + sublevel;
  }

  /** Returns which request it answers, see {@link CriuRequest}. */
  int type() {
    return type;
  }

  boolean success() {
    return success;
  }

  /** Returns why it failed, as an errno; 0 if that is not known. */
  int errno() {
    return errno;
  }

  /** Returns why it failed in words; empty if there are none. */
  String message() {
    return message;
  }

  /** Returns what a notice is about. */
  String notice() {
    return notice;
  }

  /** Returns the process id of the first process, where a notice tells it; else 0. */
  int noticePid() {
    return noticePid;
  }

  /** Returns the process id of the first process that was restored. */
  int restored() {
    return restored;
  }

  boolean tracksMemory() {
    return tracksMemory;
  }

  boolean pagesLater() {
    return pagesLater;
  }

  /** Returns CRIU's version as one number, 31701 for 3.17.1. */
  int version() {
    return version;
  }
}
