package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The typed calls do what they say, in an agent with namespaces of its own. */
final class CallsTest {
  private int before;
  private Agent agent;
  private Batch batch;
  private Calls calls;

  @BeforeEach
  void begin() {
    before = Fd.openCount();
    agent = spawn(CloneFlags.NEWNS | CloneFlags.NEWUTS | CloneFlags.NEWIPC | CloneFlags.NEWNET);
    next();
    // What is mounted here must not reach the host, and has a place of its own.
    calls.mount("make mounts private", "none", "/", "", Mount.REC | Mount.PRIVATE, "");
    calls.mount("mount a place", "tmpfs", "/mnt", "tmpfs", 0, "mode=755");
    calls.chdir("go there", "/mnt");
    run();
  }

  @AfterEach
  void noDescriptorLeaks() {
    end(agent);
    assertEquals(before, Fd.openCount(), "open descriptors");
  }

  private static Agent spawn(long flags) {
    return Spawner.spawn(flags, Optional.empty(), Optional.empty(), Optional.empty(), List.of());
  }

  private static void end(Agent agent) {
    try (PidFd process = agent.detachProcess().orElseThrow()) {
      agent.close();
      int status = process.reap();
      assertTrue(status >= 0);
    }
  }

  private void next() {
    batch = agent.batch();
    calls = new Calls(batch);
  }

  private Reply run(Fd... passed) {
    Reply reply = agent.run(batch, passed);
    last = batch;
    next();
    return reply;
  }

  private Batch last;

  private String text(Reply reply, int index, long length) {
    byte[] data = new byte[(int) length];
    reply.output(last, index).get(data);
    return OsString.decode(data);
  }

  private Stat look(Reply reply, int index) {
    return Stat.read(reply.output(last, index));
  }

  private String status(String field) {
    String all = OsString.decode(Sys.readFile(Fd.CWD, "/proc/" + agent.pid() + "/status", 1 << 16));
    for (String line : all.lines().toList()) {
      if (line.startsWith(field + ":")) {
        return line.substring(field.length() + 1).strip();
      }
    }
    return "";
  }

  @Test
  void filesOfAllKindsAreMade() {
    calls.umask("mask nothing", 0);
    calls.mkdirat("make", Arg.CWD, "d", 0751);
    calls.mknodat("make", Arg.CWD, "null", Mode.CHARACTER | 0666, 0x103);
    calls.mknodat("make", Arg.CWD, "fifo", Mode.FIFO | 0600, 0);
    calls.symlinkat("make", "d\udcff", Arg.CWD, "link");
    calls.fchownat("give", Arg.CWD, "link", 7, 8, At.SYMLINK_NOFOLLOW);
    calls.fchmodat("allow", Arg.CWD, "fifo", 0640);
    calls.fchmodat2("allow", Arg.CWD, "null", 0444, At.SYMLINK_NOFOLLOW);
    Ref dir =
        calls.openat2("open", Arg.CWD, "d", Open.RDONLY | Open.DIRECTORY, 0, Open.RESOLVE_BENEATH);
    calls.fchown("give", dir, 5, -1);
    calls.fchmod("allow", dir, 0700);
    calls.renameat2("rename", Arg.CWD, "fifo", dir, "pipe", Sys.RENAME_NOREPLACE);
    String[] names = {"d", "null", "d/pipe", "link"};
    for (String name : names) {
      Data stat = batch.space(Stat.SIZE);
      calls.statx("look", Arg.CWD, name, At.SYMLINK_NOFOLLOW, stat);
      batch.output(stat);
    }
    Data target = batch.space(100);
    Ref length = calls.readlinkat("read", Arg.CWD, "link", target);
    int output = batch.output(target);
    Ref denied = calls.trying().faccessat2("see", Arg.CWD, "d/pipe", 1, At.EACCESS);
    calls.unlinkat("remove", Arg.CWD, "null", 0);
    calls.fchdir("go", dir);
    Data cwd = batch.space(4096);
    Ref cwdLength = calls.getcwd("ask", cwd);
    batch.output(cwd);
    Ref mask = calls.umask("mask", 022);
    Reply reply = run();
    assertEquals(0040700, look(reply, 0).mode());
    assertEquals(5, look(reply, 0).uid());
    assertEquals(0, look(reply, 0).gid());
    assertEquals(Mode.CHARACTER | 0444, look(reply, 1).mode());
    assertEquals(3, look(reply, 1).rdevMinor());
    assertEquals(Mode.FIFO | 0640, look(reply, 2).mode());
    assertEquals(7, look(reply, 3).uid());
    assertEquals(8, look(reply, 3).gid());
    assertEquals("d\udcff", text(reply, output, reply.value(length)));
    assertEquals(-Errno.EACCES, reply.value(denied));
    assertEquals("/mnt/d\0", text(reply, output + 1, reply.value(cwdLength)));
    assertEquals(0, reply.value(mask));
  }

  @Test
  void aFileSystemIsMadeConfiguredAndMountedByDescriptor() {
    calls.mkdirat("make", Arg.CWD, "at", 0755);
    Ref fs = calls.fsopen("open a file system", "tmpfs");
    calls.fsconfigString("set its size", fs, "size", "64k");
    calls.fsconfigString("set its source", fs, "source", "carafe-test");
    Ref bad = calls.trying().fsconfigFlag("set nonsense", fs, "no-such-flag");
    calls.fsconfigCreate("make it", fs);
    Ref mount = calls.fsmount("mount it", fs, Mount.ATTR_NOSUID | Mount.ATTR_NOEXEC);
    calls.moveMount("move it", mount, "", Arg.CWD, "at", Mount.MOVE_F_EMPTY_PATH);
    calls.close("close", fs);
    Data statfs = batch.space(120);
    calls.fstatfs("look", mount, statfs);
    batch.output(statfs);
    Ref picked = calls.fspick("pick it", Arg.CWD, "at", 0);
    calls.fsconfigFlag("make it read-only", picked, "ro");
    calls.fsconfigReconfigure("change it", picked);
    Ref refused = calls.trying().mkdirat("make", Arg.CWD, "at/x", 0755);
    Reply reply = run();
    assertEquals(0x01021994, reply.output(last, 0).getLong(0), "TMPFS_MAGIC");
    assertEquals(16, reply.output(last, 0).getLong(16), "blocks of 4096");
    assertTrue(reply.value(bad) < 0);
    assertEquals(-Errno.EROFS, reply.value(refused));
    String mounts =
        OsString.decode(Sys.readFile(Fd.CWD, "/proc/" + agent.pid() + "/mounts", 1 << 20));
    assertTrue(mounts.contains("carafe-test /mnt/at tmpfs ro,nosuid,noexec"), mounts);
    calls.umount2("unmount", "at", Mount.UMOUNT_NOFOLLOW | Mount.UMOUNT_DETACH);
    run();
  }

  @Test
  void aTreeIsClonedChangedAndMovedByDescriptor() {
    calls.mkdirat("make", Arg.CWD, "from", 0755);
    calls.mkdirat("make", Arg.CWD, "to", 0755);
    Ref tree = calls.openTree("clone", Arg.CWD, "from", Mount.OPEN_TREE_CLONE | At.RECURSIVE);
    calls.mountSetattr(
        "protect",
        tree,
        "",
        At.EMPTY_PATH | At.RECURSIVE,
        Mount.ATTR_RDONLY | Mount.ATTR_NODEV | Mount.ATTR_NOATIME,
        Mount.ATTR_ATIME,
        Mount.PRIVATE,
        Arg.ZERO);
    Ref target = calls.openat("open", Arg.CWD, "to", Open.PATH, 0);
    calls.moveMount(
        "move", tree, "", target, "", Mount.MOVE_F_EMPTY_PATH | Mount.MOVE_T_EMPTY_PATH);
    Ref refused = calls.trying().mkdirat("make", Arg.CWD, "to/x", 0755);
    Ref allowed = calls.mkdirat("make", Arg.CWD, "from/x", 0755);
    Reply reply = run();
    assertEquals(-Errno.EROFS, reply.value(refused));
    assertEquals(0, reply.value(allowed));
    String mounts =
        OsString.decode(Sys.readFile(Fd.CWD, "/proc/" + agent.pid() + "/mounts", 1 << 20));
    assertTrue(mounts.contains(" /mnt/to tmpfs ro,nodev,noatime"), mounts);
  }

  @Test
  void ownersAreMappedByAUserNamespace() {
    // A user namespace in which 0 is 100000 outside.
    Agent other = spawn(CloneFlags.NEWUSER);
    try {
      Sys.writeFile(Fd.CWD, "/proc/" + other.pid() + "/uid_map", "0 100000 10");
      Sys.writeFile(Fd.CWD, "/proc/" + other.pid() + "/gid_map", "0 200000 10");
      try (Fd namespace = Sys.open("/proc/" + other.pid() + "/ns/user", Open.RDONLY, 0)) {
        Ref passed = batch.passed(1)[0];
        calls.mkdirat("make", Arg.CWD, "from", 0755);
        calls.mkdirat("make", Arg.CWD, "to", 0755);
        Ref tree = calls.openTree("clone", Arg.CWD, "from", Mount.OPEN_TREE_CLONE);
        calls.mountSetattr(
            "map its owners", tree, "", At.EMPTY_PATH, Mount.ATTR_IDMAP, 0, 0, passed);
        calls.moveMount("move", tree, "", Arg.CWD, "to", Mount.MOVE_F_EMPTY_PATH);
        Data stat = batch.space(Stat.SIZE);
        calls.statx("look", Arg.CWD, "to", 0, stat);
        batch.output(stat);
        Reply reply = run(namespace);
        assertEquals(100000, look(reply, 0).uid());
        assertEquals(200000, look(reply, 0).gid());
      }
    } finally {
      end(other);
    }
  }

  @Test
  void theRootIsChanged() {
    calls.mkdirat("make", Arg.CWD, "root", 0755);
    calls.mount("bind", "/mnt/root", "/mnt/root", "", Mount.BIND | Mount.REC, "");
    calls.chdir("go", "/mnt/root");
    calls.pivotRoot("change the root", ".", ".");
    calls.umount2("unmount the old root", ".", Mount.UMOUNT_DETACH);
    Ref none = calls.trying().openat("open", Arg.CWD, "/mnt", Open.RDONLY, 0);
    calls.mkdirat("make", Arg.CWD, "/sub", 0755);
    calls.chroot("change it again", "/sub");
    Data cwd = batch.space(100);
    Ref length = calls.getcwd("ask", cwd);
    batch.output(cwd);
    Reply reply = run();
    assertEquals(-Errno.ENOENT, reply.value(none));
    assertEquals("(unreachable)/\0", text(reply, 0, reply.value(length)));
  }

  @Test
  void whoItIsIsChangedAsAsked() {
    // What a launch does: keep the capabilities over the change of user, then set all sets.
    long caps = 1L << 0 | 1L << Caps.SYS_ADMIN | 1L << 38;
    calls.prctl("keep capabilities", Prctl.SET_KEEPCAPS, 1);
    for (int cap = 0; cap <= Caps.last(); cap++) {
      if ((caps >> cap & 1) == 0) {
        calls.prctl("drop " + Caps.name(cap), Prctl.CAPBSET_DROP, cap);
      }
    }
    calls.setgroups("set groups", new long[] {5, 4294967294L});
    calls.setresgid("set group", 2000);
    calls.setresuid("set user", 1000);
    calls.capset("set capabilities", caps, caps, caps);
    calls.prctl("clear", Prctl.CAP_AMBIENT, Prctl.CAP_AMBIENT_CLEAR_ALL);
    calls.prctl("raise", Prctl.CAP_AMBIENT, Prctl.CAP_AMBIENT_RAISE, 38);
    calls.prctl("no new privileges", Prctl.SET_NO_NEW_PRIVS, 1);
    run();
    assertEquals("1000\t1000\t1000\t1000", status("Uid"));
    assertEquals("2000\t2000\t2000\t2000", status("Gid"));
    assertEquals("5 4294967294", status("Groups"));
    assertEquals("0000004000200001", status("CapEff"));
    assertEquals("0000004000200001", status("CapPrm"));
    assertEquals("0000004000200001", status("CapInh"));
    assertEquals("0000004000200001", status("CapBnd"));
    assertEquals("0000004000000000", status("CapAmb"));
    assertEquals("1", status("NoNewPrivs"));
  }

  @Test
  void whatItMayUseIsChangedAsAsked() {
    calls.prlimit64("set limit", Rlimit.NOFILE, 100, 200);
    calls.prlimit64("set limit", 4, 0, 0);
    Data mask = batch.space(128);
    Ref length = calls.schedGetaffinity("ask", mask);
    calls.schedSetaffinity("set processors", new byte[] {1});
    calls.setpriority("be nice", 5);
    // IOPRIO_CLASS_BE 2, level 6
    calls.ioprioSet("be nice to disks", Arg.ZERO, 2 << 13 | 6);
    Ref persona = calls.personality("ask", 0xffffffffL);
    Ref ring = calls.trying().joinSessionKeyring("join", "carafe-test");
    Ref session = calls.setsid("lead a session");
    Reply reply = run();
    assertEquals(100, Sys.prlimit(agent.pid(), Rlimit.NOFILE)[0]);
    assertEquals(200, Sys.prlimit(agent.pid(), Rlimit.NOFILE)[1]);
    assertTrue(reply.value(length) > 0);
    assertEquals("0", status("Cpus_allowed_list"));
    assertEquals(0, reply.value(persona));
    assertTrue(reply.value(ring) > 0 || reply.value(ring) == -Errno.ENOSYS, "a key's number");
    assertEquals(agent.pid(), reply.value(session));
  }

  @Test
  void namespacesAreNamedJoinedAndLeft() {
    calls.sethostname("set host name", "host-é");
    calls.setdomainname("set domain name", "domain");
    Ref old = calls.openat("open", Arg.CWD, "/proc/self/ns/uts", Open.RDONLY, 0);
    calls.unshare("leave", CloneFlags.NEWUTS);
    calls.sethostname("set host name", "other");
    calls.setns("come back", old, CloneFlags.NEWUTS);
    Data name = batch.space(100);
    Ref file = calls.openat("open", Arg.CWD, "/proc/sys/kernel/hostname", Open.RDONLY, 0);
    Ref length = calls.read("read", file, name);
    batch.output(name);
    Reply reply = run();
    assertEquals("host-é\n", text(reply, 0, reply.value(length)));
  }

  @Test
  void descriptorsAreMovedAndClosed() {
    Ref nil = calls.openat("open", Arg.CWD, "/dev/null", Open.RDWR, 0);
    calls.dup3("copy", nil, 20);
    Ref copy = calls.dup("copy", nil);
    Ref flags = calls.fcntl("look", Arg.of(20), 1, 0);
    calls.closeRange("close", 20, -1, 0);
    Ref gone = calls.trying().fcntl("look", Arg.of(20), 1, 0);
    calls.write("write", copy, "x");
    calls.close("close", copy);
    calls.writeFile("write a file", Arg.CWD, "/proc/self/oom_score_adj", "5");
    calls.setfsuid("look as another", 1000);
    Ref was = calls.setfsuid("look as before", 0);
    calls.setfsgid("look as another", 1000);
    Ref wasGroup = calls.setfsgid("look as before", 0);
    calls.kill("look whether it is there", Arg.of(agent.pid()), 0);
    Reply reply = run();
    assertEquals(0, reply.value(flags), "open over an exec");
    assertEquals(-Errno.EBADF, reply.value(gone));
    assertEquals(1000, reply.value(was));
    assertEquals(1000, reply.value(wasGroup));
    assertEquals(
        "5\n", OsString.decode(Sys.readFile(Fd.CWD, "/proc/" + agent.pid() + "/oom_score_adj", 9)));
  }

  @Test
  void socketsAndTerminalsAreMadeInside() {
    // AF_UNIX, SOCK_STREAM
    Ref socket = calls.socket("make", 1, 1, 0);
    calls.bindUnix("bind", socket, "/mnt/s");
    calls.listen("listen", socket, 1);
    Ref client = calls.socket("make", 1, 1, 0);
    calls.connectUnix("connect", client, "/mnt/s");
    calls.mkdirat("make", Arg.CWD, "pts", 0755);
    calls.mount("mount", "devpts", "/mnt/pts", "devpts", 0, "newinstance,ptmxmode=0666,mode=0620");
    Ref master = calls.sending().openat("open", Arg.CWD, "pts/ptmx", Open.RDWR | Open.NOCTTY, 0);
    Reply reply = run();
    assertTrue(reply.value(client) > 0);
    assertTrue(reply.value(master) > 0);
    try (Fd pty = reply.descriptors().get(0)) {
      Ref passed = batch.passed(1)[0];
      calls.ioctl("unlock", passed, Terminal.TIOCSPTLCK, batch.space(4));
      Ref terminal = calls.ioctl("open", passed, Terminal.TIOCGPTPEER, Open.RDWR | Open.NOCTTY);
      calls.setsid("lead a session");
      calls.ioctl("take the terminal", terminal, Terminal.TIOCSCTTY, 0);
      calls.write("say", terminal, "hi");
      Reply _ = run(pty);
      assertEquals("hi", OsString.decode(Sys.read(pty, 10)));
      assertTrue(Terminal.isTerminal(pty));
    }
  }
}
