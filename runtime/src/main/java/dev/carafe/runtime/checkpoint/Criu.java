package dev.carafe.runtime.checkpoint;

import dev.carafe.CarafeException;
import dev.carafe.ImageOptions;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Open;
import dev.carafe.linux.Sys;
import dev.carafe.linux.UserNamespace;
import dev.carafe.runtime.launch.Caller;
import dev.carafe.runtime.launch.Stdio;

/** What holds for a checkpoint and a restore alike. */
final class Criu {
  /** The first that joins pid namespaces, and tells when pages can be fetched. */
  private static final int OLDEST = 3_15_00;

  private final Caller caller;

  Criu(Caller caller) {
    this.caller = caller;
  }

  /** Looks whether CRIU is there and can be used; returns its version, as 31701 for 3.17.1. */
  int check(ImageOptions image, boolean tracksMemory) {
    if (Sys.geteuid() != 0 || !UserNamespace.isInitial()) {
      throw new CriuException("CRIU needs to be root, and not that of a user namespace");
    }
    int version = version();
    if (version < OLDEST) {
      throw new CriuException(
          "criu is version " + text(version) + ", and " + text(OLDEST) + " or later is needed");
    }
    if (tracksMemory || image.lazyPages()) {
      CriuAnswer can =
          askAlone(CriuRequest.FEATURES, CriuRequest.features(tracksMemory, image.lazyPages()));
      if (tracksMemory && !can.tracksMemory()) {
        throw new CriuException("criu cannot track memory on this kernel, which --pre-dump needs");
      }
      if (image.lazyPages() && !can.pagesLater()) {
        throw new CriuException(
            "criu cannot fetch memory later on this kernel (userfaultfd), which --lazy-pages needs");
      }
    }
    return version;
  }

  private int version() {
    CriuAnswer answer = askAlone(CriuRequest.VERSION, CriuRequest.version());
    if (answer.version() <= 0) {
      throw new CriuException("criu does not tell its version");
    }
    return answer.version();
  }

  static String text(int version) {
    return version / 10_000 + "." + version / 100 % 100 + "." + version % 100;
  }

  private CriuAnswer askAlone(int type, byte[] request) {
    try (CriuProcess process = new CriuProcess(caller, new Stdio.Inherit(), false)) {
      process.exec();
      CriuAnswer answer = process.ask(type, request, CriuProcess.Notices.NONE);
      if (!answer.success()) {
        throw new CriuException(failure(type, answer) + "; it may be too old");
      }
      return answer;
    }
  }

  /** Returns words for a request that failed. */
  static String failure(int type, CriuAnswer answer) {
    String why = "criu failed: " + CriuRequest.word(type);
    if (answer.errno() != 0) {
      why += ", " + Errno.describe(answer.errno());
    }
    return answer.message().isEmpty() ? why : why + ", " + CriuLog.printable(answer.message());
  }

  static CriuException failure(int type, CriuAnswer answer, String log) {
    String line = CriuLog.firstError(log);
    return new CriuException(
        failure(type, answer) + (line.isEmpty() ? "; no error in " + log : "; " + line));
  }

  /** Makes a directory if it is missing. */
  static void makeDirectory(String path) {
    directory(path, true).close();
  }

  /** Opens a directory, which is made if it is missing and that is wanted. */
  static Fd directory(String path, boolean make) {
    try {
      if (make) {
        boolean _ = Sys.mkdirIfMissing(Fd.CWD, path, 0700);
      }
      return Sys.open(path, Open.RDONLY | Open.DIRECTORY, 0);
    } catch (KernelException e) {
      throw new CarafeException(
          "cannot open the directory of images " + path + ": " + Errno.describe(e.errno()), e);
    }
  }
}
