package dev.carafe.runtime.cgroup;

import dev.carafe.linux.Arg;
import dev.carafe.linux.At;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Executor;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.spec.IdMapping;
import dev.carafe.spec.Linux;
import dev.carafe.spec.Mount;
import dev.carafe.spec.Namespace;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.Spec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Whose the container's cgroup is to be (config-linux.md, Cgroup ownership): the user's of the
 * program, if that sees its cgroup as the root of a namespace of its own and may write it.
 */
final class CgroupOwner {
  private static final List<String> USUAL =
      List.of("cgroup.procs", "cgroup.subtree_control", "cgroup.threads");

  private CgroupOwner() {}

  /** Returns the user on the host; empty if the owner stays. */
  static OptionalLong of(Spec spec) {
    if (spec.linux().isEmpty() || spec.process().isEmpty() || !isWritable(spec.mounts())) {
      return OptionalLong.empty();
    }
    Linux linux = spec.linux().get();
    Optional<Namespace> cgroup = linux.namespace(NamespaceType.CGROUP);
    if (cgroup.isEmpty() || cgroup.get().path().isPresent()) {
      return OptionalLong.empty();
    }
    long uid = spec.process().get().user().uid();
    Optional<Namespace> users = linux.namespace(NamespaceType.USER);
    if (users.isEmpty()) {
      return OptionalLong.of(uid);
    }
    // Of a user namespace that is joined the map is not known here: there is none to look in.
    return IdMapping.toHost(linux.uidMappings(), uid);
  }

  /** Gives a cgroup and the files that the kernel names for that to a user. */
  static void give(Executor host, String path, long uid) {
    Batch batch = host.batch();
    Calls may = new Calls(batch).trying();
    List<String> names = new ArrayList<>();
    List<Ref> given = new ArrayList<>();
    names.add("");
    Optional<String> listed = CgroupFiles.read("/sys/kernel/cgroup/delegate");
    names.addAll(listed.isPresent() ? Layout.split(listed.get(), '\n') : USUAL);
    for (String name : names) {
      String file = name.isEmpty() ? path : path + "/" + name;
      String label = "give " + file + " to user " + uid;
      given.add(may.fchownat(label, Arg.CWD, file, uid, -1, At.SYMLINK_NOFOLLOW));
    }
    Reply reply = host.run(batch);
    for (int i = 0; i < names.size(); i++) {
      int errno = (int) -reply.value(given.get(i));
      // Not every cgroup has every file, and who may give nothing away has a cgroup of its own.
      if (errno > 0 && errno != Errno.ENOENT && errno != Errno.EPERM) {
        throw new KernelException("give " + path + " " + names.get(i) + " to user " + uid, errno);
      }
    }
  }

  private static boolean isWritable(List<Mount> mounts) {
    for (int i = 0; i < mounts.size(); i++) {
      Mount mount = mounts.get(i);
      if (mount.destination().equals("/sys/fs/cgroup")
          && mount.source().orElse("").equals("cgroup")) {
        return !mount.options().contains("ro");
      }
    }
    return false;
  }
}
