package dev.carafe.runtime.root;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Local;
import dev.carafe.linux.Mount;
import dev.carafe.linux.Syscall;
import java.nio.file.Path;

/** Mounts of the host that a test needs. */
final class HostMount {
  private HostMount() {}

  static void mount(String source, Path target, String type, long flags) {
    Local host = Local.get();
    Batch batch = host.batch();
    batch.call(
        "mount " + source + " on " + target,
        Syscall.MOUNT,
        batch.string(source),
        batch.string(target.toString()),
        batch.string(type),
        Arg.of(flags),
        Arg.ZERO);
    host.run(batch);
  }

  /** Unmounts what is there, if something is. */
  static void unmount(Path target) {
    Local host = Local.get();
    Batch batch = host.batch();
    batch.tryCall(
        "unmount " + target,
        Syscall.UMOUNT2,
        batch.string(target.toString()),
        Arg.of(Mount.UMOUNT_DETACH));
    host.run(batch);
  }
}
