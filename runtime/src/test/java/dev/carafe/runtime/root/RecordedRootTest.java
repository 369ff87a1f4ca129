package dev.carafe.runtime.root;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.Batch;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Op;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Syscall;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** The plan without the kernel: against executors that record, and answer success. */
final class RecordedRootTest {
  private final List<Op> ops = new ArrayList<>();

  private final class Recorder implements Executor {
    private final Batch.RegisterCounter counter = new Batch.RegisterCounter();

    @Override
    public Batch batch() {
      return new Batch(counter);
    }

    @Override
    public Reply run(Batch batch, Fd... passed) {
      ops.addAll(batch.ops());
      return new Reply(new long[batch.ops().size()], new byte[1 << 16], List.of());
    }
  }

  private List<String> labels(int number) {
    List<String> labels = new ArrayList<>();
    for (Op op : ops) {
      if (op.kind() == Op.Kind.SYSCALL && op.number() == number) {
        labels.add(op.label());
      }
    }
    return labels;
  }

  @Test
  void aRecorderSeesAllOfItInOrderAndNothingIsDone() throws IOException {
    try (TestRoot root = new TestRoot()) {
      root.mount("/a", "none", "data", "rbind", "ro");
      root.linux(root.linux().toBuilder().maskedPaths(List.of("/proc/keys")).build());
      Recorder init = new Recorder();
      Consumer<String> none = warning -> {};
      try (RootBuilder builder =
          new RootBuilder(
              root.spec(),
              root.bundle.toString(),
              new Recorder(),
              new RootOptions(
                  false, false, new dev.carafe.runtime.cgroup.CgroupMounts(false, List.of())),
              none)) {
        builder.prepare();
        builder.mounts(init);
        Batch pivot = init.batch();
        builder.pivot(init, pivot);
        ops.addAll(pivot.ops());
      }
      assertFalse(Files.exists(root.rootfs.resolve("dev")));
      assertEquals(
          List.of(
              "mount the root file system " + root.rootfs,
              "mount the root file system " + root.rootfs,
              "mount proc on /proc",
              "mount tmpfs on /dev",
              "mount devpts on /dev/pts",
              "mount tmpfs on /dev/shm",
              "mount mqueue on /dev/mqueue",
              "mount sysfs on /sys",
              "mount " + root.bundle + "/data on /a",
              "mask /proc/keys",
              "mask /proc/keys"),
          labels(Syscall.MOVE_MOUNT));
      assertEquals(
          List.of(
              "make device /dev/null",
              "make device /dev/zero",
              "make device /dev/full",
              "make device /dev/random",
              "make device /dev/urandom",
              "make device /dev/tty"),
          labels(Syscall.MKNODAT));
      assertEquals(1, labels(Syscall.PIVOT_ROOT).size());
      assertTrue(labels(Syscall.UMASK).size() % 2 == 0);
    }
  }
}
