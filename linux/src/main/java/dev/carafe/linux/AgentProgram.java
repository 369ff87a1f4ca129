package dev.carafe.linux;

import java.util.Optional;

/**
 * The agent's program as an open file that nobody can change: not even a container's process that
 * reaches it by {@code /proc/PID/exe} (CVE-2019-5736). Made once for this JVM.
 */
final class AgentProgram {
  private static final int MAX_SIZE = 16 * 1024 * 1024;
  private static final int F_ADD_SEALS = 1033;

  /** F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE. */
  private static final int ALL_SEALS = 15;

  private static Optional<Fd> file = Optional.empty();

  private AgentProgram() {}

  /** Returns the open file, which stays open as long as this JVM. */
  static synchronized Fd file() {
    if (file.isEmpty()) {
      byte[] program = program();
      Optional<Fd> made = sealed(program);
      file = Optional.of((made.isPresent() ? made.get() : detached(program)).keep());
    }
    return file.get();
  }

  private static byte[] program() {
    String path = System.getProperty("carafe.agent");
    return path == null ? NativeLibrary.resource("carafe") : Sys.readFile(Fd.CWD, path, MAX_SIZE);
  }

  /** Returns a sealed memory file; empty where such files must not be executed. */
  private static Optional<Fd> sealed(byte[] program) {
    int flags = Sys.MFD_CLOEXEC | Sys.MFD_ALLOW_SEALING;
    byte[] name = OsString.encodeWithNul("carafe-agent");
    long result = Sys.call(Syscall.MEMFD_CREATE, name, 1, 0, flags | Sys.MFD_EXEC);
    if (result == -Errno.EINVAL) {
      // Before Linux 6.3 every memory file can be executed and the flag is unknown.
      result = Sys.call(Syscall.MEMFD_CREATE, name, 1, 0, flags);
    }
    if (result == -Errno.EACCES) {
      // The sysctl vm.memfd_noexec is 2.
      return Optional.empty();
    }
    Fd fd = Fd.own(Sys.check("make the agent's memory file", result));
    boolean done = false;
    try {
      Sys.writeFully(fd, program, "write the agent's memory file");
      Sys.check(
          "seal the agent's memory file",
          Sys.call(Syscall.FCNTL, fd.number(), F_ADD_SEALS, ALL_SEALS));
      done = true;
      return Optional.of(fd);
    } finally {
      if (!done) {
        fd.close();
      }
    }
  }

  /** Returns a file on a file system of its own that is mounted nowhere, and read-only. */
  static Fd detached(byte[] program) {
    Local local = Local.get();
    Batch batch = local.batch();
    Calls calls = new Calls(batch);
    Ref context =
        calls.fsopen(
            "make a file system for the agent, since vm.memfd_noexec forbids a memory file",
            "tmpfs");
    calls.fsconfigString("set the mode of the agent's file system", context, "mode", "0700");
    calls.fsconfigCreate("make the agent's file system", context);
    Ref mount = calls.sending().fsmount("mount the agent's file system", context, Mount.ATTR_NODEV);
    calls.close("close the agent's file system", context);
    Reply reply = local.run(batch);
    if (reply.value(mount) < 0) {
      throw new KernelException("mount the agent's file system", (int) -reply.value(mount));
    }
    try (Fd root = reply.descriptors().get(0)) {
      try (Fd writer = Sys.openat(root, "agent", Open.WRONLY | Open.CREAT | Open.EXCL, 0500)) {
        Sys.writeFully(writer, program, "write the agent's file");
      }
      Batch second = local.batch();
      Ref passed = second.passed(1)[0];
      new Calls(second)
          .mountSetattr(
              "make the agent's file system read-only",
              passed,
              "",
              At.EMPTY_PATH,
              Mount.ATTR_RDONLY,
              0,
              0,
              Arg.ZERO);
      Reply _ = local.run(second, root);
      return Sys.openat(root, "agent", Open.RDONLY, 0);
    }
  }
}
