package dev.carafe.runtime.rdt;

import dev.carafe.CarafeException;
import dev.carafe.linux.Arg;
import dev.carafe.linux.At;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.MountInfo;
import dev.carafe.linux.Open;
import dev.carafe.linux.OsString;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Sys;
import dev.carafe.spec.IntelRdt;
import dev.carafe.spec.Linux;
import dev.carafe.spec.Spec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The class of service of a container, a directory of resctrl, and its monitoring group in it
 * (config-linux.md, IntelRdt).
 */
public final class RdtGroup {
  private static final int FILE_MAX = 1 << 20;
  private static final int DIRECTORY_MODE = 0755;

  /** Where the mounts are told; a test tells of a directory that stands for resctrl. */
  private static volatile String mountinfo = "/proc/self/mountinfo";

  private final IntelRdt asked;
  private final String mount;
  private final String group;
  private final Optional<String> monitoring;
  private final boolean there;

  private RdtGroup(IntelRdt asked, String mount, String group, Optional<String> monitoring) {
    this.asked = asked;
    this.mount = mount;
    this.group = group;
    this.monitoring = monitoring;
    this.there = Sys.statIfThere(Fd.CWD, group, 0).isPresent();
  }

  /** Returns the group of a container; empty if it asks for none. Nothing is made yet. */
  public static Optional<RdtGroup> of(Spec spec, String id) {
    Optional<IntelRdt> asked = spec.linux().flatMap(Linux::intelRdt);
    return asked.isEmpty() ? Optional.empty() : Optional.of(of(asked.get(), id, mountinfo));
  }

  /** Looks for resctrl in another file; returns the one before. */
  static String lookIn(String file) {
    String before = mountinfo;
    mountinfo = file;
    return before;
  }

  /** Returns the group of a container where the mounts are those that a file tells. */
  static RdtGroup of(IntelRdt asked, String id, String mountinfo) {
    String mount = mountPoint(MountInfo.read(mountinfo));
    String name = asked.closId().orElse(id);
    String group = name.equals("/") ? mount : mount + "/" + name;
    Optional<String> monitoring =
        asked.enableMonitoring() ? Optional.of(group + "/mon_groups/" + id) : Optional.empty();
    return new RdtGroup(asked, mount, group, monitoring);
  }

  private static String mountPoint(List<MountInfo> mounts) {
    for (int i = 0; i < mounts.size(); i++) {
      MountInfo each = mounts.get(i);
      // Another mount may cover it, and what is written there is no schema of anything.
      if (each.isType("resctrl") && each.isVisible()) {
        return each.point();
      }
    }
    throw new CarafeException(
        "linux.intelRdt needs a resctrl file system, and none is mounted; where the processor"
            + " has the technology: mount -t resctrl resctrl /sys/fs/resctrl");
  }

  /**
   * Returns the directories that are this container's alone, to be removed when it is deleted,
   * those inside others first. A class of service with a name of its own outlives its containers.
   */
  public List<String> own() {
    List<String> own = new ArrayList<>();
    if (monitoring.isPresent()) {
      own.add(monitoring.get());
    }
    if (asked.closId().isEmpty() && !there) {
      own.add(group);
    }
    return own;
  }

  /** Makes what is missing of the groups, and moves the first process into them. */
  public void join(Executor host, int pid) {
    boolean made = prepare(host);
    try {
      if (monitoring.isPresent()) {
        Batch batch = host.batch();
        String label = "make the monitoring group " + monitoring.get();
        new Calls(batch).mkdirat(label, Arg.CWD, monitoring.get(), DIRECTORY_MODE);
        host.run(batch);
      }
      admit(host, pid);
    } catch (KernelException e) {
      throw undone(made, e);
    }
  }

  /** Moves one more process into the groups, which are there. */
  public void admit(Executor host, int pid) {
    Batch batch = host.batch();
    move(new Calls(batch), pid, group);
    monitoring.ifPresent(m -> move(new Calls(batch), pid, m));
    host.run(batch);
  }

  /**
   * Sets schemata of the class of service, which is there: those of the cache and the memory, if
   * they are given. The kernel takes all lines or none.
   *
   * @return what makes them as before
   */
  public Runnable update(Executor host, IntelRdt schemata) {
    List<String> lines = cacheAndMemory(schemata);
    if (lines.isEmpty()) {
      return () -> {};
    }
    String file = group + "/schemata";
    List<String> old = Schemata.same(OsString.decode(Sys.readFile(Fd.CWD, file, FILE_MAX)), lines);
    try {
      setSchemata(host, lines);
    } catch (KernelException e) {
      throw undone(false, e);
    }
    return () -> setSchemata(host, old);
  }

  private void setSchemata(Executor host, List<String> lines) {
    Batch batch = host.batch();
    String text = String.join("\n", lines) + "\n";
    write(new Calls(batch), "write the schemata of " + group, group + "/schemata", text);
    host.run(batch);
  }

  private static void move(Calls calls, int pid, String group) {
    write(calls, "put process " + pid + " into " + group, group + "/tasks", Integer.toString(pid));
  }

  /** Sees to the class of service; returns whether it was made. */
  private boolean prepare(Executor host) {
    List<String> lines = lines(asked);
    if (there) {
      compare(lines);
      return false;
    }
    if (asked.closId().isPresent() && lines.isEmpty()) {
      throw new CarafeException(
          "linux.intelRdt.closID: there is no " + group + ", and no schemata to make it with");
    }
    Batch batch = host.batch();
    Calls calls = new Calls(batch);
    calls.mkdirat("make the resctrl group " + group, Arg.CWD, group, DIRECTORY_MODE);
    host.run(batch);
    if (!lines.isEmpty()) {
      try {
        setSchemata(host, lines);
      } catch (KernelException e) {
        throw undone(true, e);
      }
    }
    return true;
  }

  /** In the order of the spec: the cache, the memory, then whole lines. */
  private static List<String> lines(IntelRdt asked) {
    List<String> lines = cacheAndMemory(asked);
    lines.addAll(asked.schemata());
    return lines;
  }

  private static List<String> cacheAndMemory(IntelRdt asked) {
    List<String> lines = new ArrayList<>();
    asked.l3CacheSchema().filter(s -> !s.isEmpty()).ifPresent(lines::add);
    asked.memBwSchema().filter(s -> !s.isEmpty()).ifPresent(lines::add);
    return lines;
  }

  private void compare(List<String> lines) {
    if (lines.isEmpty()) {
      return;
    }
    String file = group + "/schemata";
    Map<String, String> has = Schemata.parse(OsString.decode(Sys.readFile(Fd.CWD, file, FILE_MAX)));
    // What a later line says again counts, as it would if it was written.
    Map<String, String> wanted = Schemata.parse(String.join("\n", lines));
    for (Map.Entry<String, String> each : wanted.entrySet()) {
      String found = has.getOrDefault(each.getKey(), "nothing");
      if (!found.equals(each.getValue())) {
        throw new CarafeException(
            "linux.intelRdt: the class of service is there already and differs: "
                + file
                + " has "
                + found
                + " for "
                + each.getKey()
                + ", the configuration "
                + each.getValue());
      }
    }
  }

  private RuntimeException undone(boolean made, KernelException e) {
    // The kernel says there what it did not like; the errno is EINVAL for all of it.
    Optional<byte[]> status = Sys.tryReadFile(mount + "/info/last_cmd_status", FILE_MAX);
    if (made) {
      try {
        remove(own());
        if (asked.closId().isPresent()) {
          remove(List.of(group));
        }
      } catch (KernelException left) {
        e.addSuppressed(left);
      }
    }
    return status.isEmpty()
        ? e
        : new CarafeException(
            e.getMessage() + ": resctrl says: " + OsString.decode(status.get()).strip(), e);
  }

  /** Writes as a shell's {@code >} does. */
  private static void write(Calls calls, String label, String path, String text) {
    Ref fd = calls.openat(label, Arg.CWD, path, Open.WRONLY | Open.CREAT | Open.TRUNC, 0644);
    calls.write(label, fd, text);
    calls.close(label, fd);
  }

  /** Removes what {@link #own} named; what is gone already is no error. */
  public static void remove(List<String> directories) {
    for (int i = 0; i < directories.size(); i++) {
      try {
        Sys.unlinkat(Fd.CWD, directories.get(i), At.REMOVEDIR);
      } catch (KernelException e) {
        if (e.errno() != Errno.ENOENT) {
          throw e;
        }
      }
    }
  }
}
