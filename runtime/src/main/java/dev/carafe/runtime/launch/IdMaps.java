package dev.carafe.runtime.launch;

import dev.carafe.CarafeException;
import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Caps;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Mode;
import dev.carafe.linux.Op;
import dev.carafe.linux.OsString;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Stat;
import dev.carafe.linux.Sys;
import dev.carafe.linux.Syscall;
import dev.carafe.linux.WaitStatus;
import dev.carafe.spec.IdMapping;
import dev.carafe.spec.Linux;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Writes the id maps of a new user namespace, from the host's side. */
final class IdMaps {
  private static final int CAP_SETGID = 6;
  private static final int CAP_SETUID = 7;

  /** Of a RUN whose program ended badly: minus this and its wait status. */
  private static final int STATUS_BASE = 65536;

  private static final int OUTPUT_MAX = 4096;

  private final Caller caller;
  private final Linux linux;

  IdMaps(Caller caller, Linux linux) {
    this.caller = caller;
    this.linux = linux;
  }

  /**
   * Tells whether the first process may change its groups: user_namespaces(7) forbids it where an
   * unprivileged caller maps its own group.
   */
  boolean mayChangeGroups() {
    return privileged(CAP_SETGID) || !ownOnly(linux.gidMappings(), caller.world().egid());
  }

  /** Writes the maps of a process that has a new user namespace and no id in it yet. */
  void write(int pid) {
    map(pid, "uid", linux.uidMappings(), CAP_SETUID, caller.world().euid());
    if (!mayChangeGroups()) {
      Batch batch = caller.host().batch();
      Calls calls = new Calls(batch);
      // user_namespaces(7): without CAP_SETGID, gid_map can be written only after this.
      calls.writeFile("deny setgroups", Arg.CWD, "/proc/" + pid + "/setgroups", "deny");
      caller.host().run(batch);
    }
    map(pid, "gid", linux.gidMappings(), CAP_SETGID, caller.world().egid());
  }

  private void map(int pid, String kind, List<IdMapping> mappings, int capability, int own) {
    if (privileged(capability) || ownOnly(mappings, own)) {
      StringBuilder text = new StringBuilder();
      for (IdMapping each : mappings) {
        text.append(each.containerId()).append(' ').append(each.hostId()).append(' ');
        text.append(each.size()).append('\n');
      }
      Batch batch = caller.host().batch();
      String label = "write the " + kind + " map of the user namespace";
      new Calls(batch)
          .writeFile(label, Arg.CWD, "/proc/" + pid + "/" + kind + "_map", text.toString());
      caller.host().run(batch);
    } else {
      withHelper(pid, kind, mappings);
    }
  }

  /**
   * An unprivileged caller gets the ranges of /etc/subuid and /etc/subgid by these programs only.
   */
  private void withHelper(int pid, String kind, List<IdMapping> mappings) {
    String name = "new" + kind + "map";
    String doing = "cannot write the " + kind + " map of the user namespace: ";
    String program =
        find(name)
            .orElseThrow(() ->
                new CarafeException(
                    doing
                        + "for ids that are not the caller's own it takes "
                        + name
                        + ", which is not in $PATH; it comes with the package uidmap"));
    List<String> arguments = new ArrayList<>();
    arguments.add(program);
    arguments.add(Integer.toString(pid));
    for (IdMapping each : mappings) {
      arguments.add(Long.toString(each.containerId()));
      arguments.add(Long.toString(each.hostId()));
      arguments.add(Long.toString(each.size()));
    }
    try (Fd output = Sys.memfdCreate("carafe-" + name, Sys.MFD_CLOEXEC)) {
      long result = run(program, arguments, output);
      if (result < 0) {
        String why =
            result <= -STATUS_BASE
                ? WaitStatus.describe((int) (-result - STATUS_BASE))
                : Errno.describe((int) -result);
        throw new CarafeException(
            doing
                + program
                + ": "
                + why
                + said(output)
                + "; the ranges that the caller may map are in /etc/sub"
                + kind);
      }
    }
  }

  private long run(String program, List<String> arguments, Fd output) {
    Executor agent = caller.hookAgent();
    Batch batch = agent.batch();
    Ref[] passed = batch.passed(1);
    Ref result =
        batch.special(
            Op.Kind.RUN,
            Op.OPTIONAL,
            "run " + program,
            batch.string(program),
            batch.strings(arguments),
            batch.strings(caller.world().environment()),
            Arg.NONE,
            passed[0],
            Arg.ZERO);
    new Calls(batch).close("close its output", passed[0]);
    return agent.run(batch, output).value(result);
  }

  private static String said(Fd output) {
    long _ = Sys.call(Syscall.LSEEK, output.number(), 0, 0);
    String text = OsString.decode(Sys.readFully(output, OUTPUT_MAX)).strip();
    return text.isEmpty() ? "" : ", output: " + text;
  }

  /** It runs with the caller's rights, so the caller's {@code PATH} decides. */
  private Optional<String> find(String name) {
    String path = caller.world().variable("PATH").orElse("/usr/bin");
    int from = 0;
    while (from <= path.length()) {
      int colon = path.indexOf(':', from);
      int end = colon < 0 ? path.length() : colon;
      String candidate = path.substring(from, end) + "/" + name;
      Optional<Stat> there =
          candidate.startsWith("/") ? Sys.statIfThere(Fd.CWD, candidate, 0) : Optional.empty();
      if (there.isPresent() && there.get().is(Mode.REGULAR) && (there.get().mode() & 0111) != 0) {
        return Optional.of(candidate);
      }
      from = end + 1;
    }
    return Optional.empty();
  }

  private boolean privileged(int capability) {
    return caller.world().may(capability) && caller.world().may(Caps.SYS_ADMIN);
  }

  private static boolean ownOnly(List<IdMapping> mappings, int own) {
    return mappings.size() == 1
        && mappings.get(0).size() == 1
        && mappings.get(0).hostId() == Integer.toUnsignedLong(own);
  }
}
