package dev.carafe.runtime.checkpoint;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Executor;
import dev.carafe.linux.MountInfo;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import java.util.Optional;

/**
 * The options of the machine's cgroup version 2, such as {@code nsdelegate}. Who mounts it outside
 * of a cgroup namespace sets them for all, and CRIU mounts it without any; so they are looked at
 * before, and set again.
 */
final class CgroupMountOptions implements AutoCloseable {
  private final Executor host;
  private final Optional<MountInfo> before = find();

  /** Looks at them. */
  CgroupMountOptions(Executor host) {
    this.host = host;
  }

  private static Optional<MountInfo> find() {
    for (MountInfo each : MountInfo.read()) {
      if (each.isType("cgroup2") && each.isVisible()) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
  }

  /** Sets them again if they have changed. */
  @Override
  public void close() {
    Optional<MountInfo> now = before.isEmpty() ? Optional.empty() : find();
    if (now.isEmpty() || now.get().superOptions().equals(before.get().superOptions())) {
      return;
    }
    Batch batch = host.batch();
    Calls calls = new Calls(batch);
    String point = before.get().point();
    Ref mount = calls.fspick("look at the cgroups' mount " + point, Arg.CWD, point, 0);
    for (String option : before.get().superOptions().split(",", -1)) {
      if (!option.equals("rw") && !option.equals("ro")) {
        calls.fsconfigFlag("set " + option + " of " + point, mount, option);
      }
    }
    calls.fsconfigReconfigure("set the options of " + point + " again", mount);
    calls.close("close " + point, mount);
    Reply _ = host.run(batch);
  }
}
