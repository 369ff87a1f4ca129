package dev.carafe.runtime.launch;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Caps;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Op;
import dev.carafe.linux.Ref;
import dev.carafe.spec.IdMapping;
import dev.carafe.spec.Linux;
import java.util.ArrayList;
import java.util.List;

/** Writes the id maps of a new user namespace, from the host's side. */
final class IdMaps {
  private static final int CAP_SETGID = 6;
  private static final int CAP_SETUID = 7;

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
    String program = "/usr/bin/new" + kind + "map";
    List<String> arguments = new ArrayList<>();
    arguments.add(program);
    arguments.add(Integer.toString(pid));
    for (IdMapping each : mappings) {
      arguments.add(Long.toString(each.containerId()));
      arguments.add(Long.toString(each.hostId()));
      arguments.add(Long.toString(each.size()));
    }
    Executor agent = caller.hookAgent();
    Batch batch = agent.batch();
    Ref _ =
        batch.special(
            Op.Kind.RUN,
            0,
            "write the " + kind + " map with " + program + ", of the package uidmap",
            batch.string(program),
            batch.strings(arguments),
            batch.strings(caller.world().environment()),
            Arg.NONE,
            Arg.NONE,
            Arg.ZERO);
    agent.run(batch);
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
