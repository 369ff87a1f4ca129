package dev.carafe.runtime.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.Batch;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Op;
import dev.carafe.linux.Reply;
import dev.carafe.spec.Pids;
import dev.carafe.spec.Resources;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What is asked of the host, looked at without doing it. */
final class CgroupPlanTest {
  private static final Layout V1 =
      new Layout(
          false,
          List.of(
              new Hierarchy(1, List.of("cpu", "cpuacct"), "/nowhere/cpu,cpuacct", "/own"),
              new Hierarchy(1, List.of("pids"), "/nowhere/pids", "/own"),
              new Hierarchy(2, List.of(""), "/nowhere/unified", "/")));

  private static final Layout V2 =
      new Layout(true, List.of(new Hierarchy(2, List.of(""), "/nowhere", "/own/inner")));

  /** Answers success, or what it is told for a label. */
  private static final class Recorder implements Executor {
    private final List<String> labels = new ArrayList<>();
    private final Map<String, Integer> errors;
    private int batches;

    Recorder(Map<String, Integer> errors) {
      this.errors = errors;
    }

    @Override
    public Batch batch() {
      return new Batch(new Batch.RegisterCounter());
    }

    @Override
    public Reply run(Batch batch, Fd... passed) {
      batches++;
      List<Op> ops = batch.ops();
      long[] results = new long[ops.size()];
      for (int i = 0; i < results.length; i++) {
        labels.add(ops.get(i).label());
        results[i] = -errors.getOrDefault(ops.get(i).label(), 0);
      }
      return new Reply(results, new byte[0], List.of());
    }
  }

  private static Cgroup plan(Layout layout, String path, boolean rootless) {
    return new Cgroups(layout)
        .plan(
            path.isEmpty() ? Optional.empty() : Optional.of(path),
            "box",
            new Cgroups.Options(rootless, _ -> {}));
  }

  @Test
  void makingLimitingAndJoiningAreOneBatchEach() {
    Cgroup cgroup = plan(V1, "pod/box", false);
    assertEquals(
        Map.of(
            "cpu", "/nowhere/cpu,cpuacct/own/pod/box",
            "cpuacct", "/nowhere/cpu,cpuacct/own/pod/box",
            "pids", "/nowhere/pids/own/pod/box",
            "", "/nowhere/unified/pod/box"),
        cgroup.paths());
    Recorder host = new Recorder(Map.of());
    cgroup.create(host);
    assertEquals(1, host.batches);
    assertTrue(host.labels.contains("make cgroup /nowhere/pids/own/pod"), host.labels.toString());
    assertTrue(host.labels.contains("mark cgroup /nowhere/pids/own/pod"));
    assertTrue(host.labels.contains("make cgroup /nowhere/pids/own/pod/box"));
    assertFalse(host.labels.contains("mark cgroup /nowhere/pids/own/pod/box"));
    cgroup.apply(host, Resources.builder().pids(new Pids(OptionalLong.of(100))).build());
    assertEquals(2, host.batches);
    assertTrue(
        host.labels.contains("write 100 to /nowhere/pids/own/pod/box/pids.max"),
        host.labels.toString());
    cgroup.join(host, 7);
    assertEquals(3, host.batches);
    assertTrue(host.labels.contains("move process 7 to cgroup /nowhere/unified/pod/box"));
  }

  @Test
  void onVersion2ALimitedDeviceAccessIsAProgram() {
    Cgroup cgroup = plan(V2, "", false);
    assertEquals(Map.of("", "/nowhere/own/box"), cgroup.paths());
    Recorder host = new Recorder(Map.of());
    cgroup.apply(host, Resources.builder().build());
    assertTrue(host.labels.contains("load the device filter of /nowhere/own/box"));
    assertTrue(host.labels.contains("attach the device filter to /nowhere/own/box"));
    Recorder refusing =
        new Recorder(Map.of("attach the device filter to /nowhere/own/box", Errno.EPERM));
    KernelException e =
        assertThrows(
            KernelException.class, () -> cgroup.apply(refusing, Resources.builder().build()));
    assertEquals(Errno.EPERM, e.errno());
  }

  @Test
  void whatARootlessUserMayNotWriteIsPassedOverUnlessAPathWasAskedFor() {
    Map<String, Integer> errors =
        Map.of(
            "make cgroup /nowhere/pids/own/box", Errno.EACCES,
            "make cgroup /nowhere/cpu,cpuacct/own/box", Errno.EROFS);
    Cgroup cgroup = plan(V1, "", true);
    Recorder host = new Recorder(errors);
    cgroup.create(host);
    assertEquals(Map.of("", "/nowhere/unified/box"), cgroup.paths());
    cgroup.join(host, 7);
    assertTrue(host.labels.contains("move process 7 to cgroup /nowhere/unified/box"));
    assertFalse(host.labels.contains("move process 7 to cgroup /nowhere/pids/own/box"));
    for (Cgroup strict : List.of(plan(V1, "", false), plan(V1, "box", true))) {
      KernelException e =
          assertThrows(KernelException.class, () -> strict.create(new Recorder(errors)));
      assertTrue(e.operation().startsWith("make cgroup /nowhere/"), e.operation());
    }
  }

  @Test
  void aCgroupAboveThatVanishesMeanwhileIsMadeAgainAndNotForEver() {
    Recorder host = new Recorder(Map.of("make cgroup /nowhere/pids/own/pod/box", Errno.ENOENT));
    KernelException e =
        assertThrows(KernelException.class, () -> plan(V1, "pod/box", false).create(host));
    assertEquals(Errno.ENOENT, e.errno());
    assertTrue(host.batches > 2);
  }

  @Test
  void controllersMountedTogetherAreShownUnderEachName() {
    CgroupMounts mounts = plan(V1, "", false).mounts();
    assertEquals(2, mounts.hierarchies().size());
    assertEquals("cpu,cpuacct", mounts.hierarchies().get(0).name());
    assertEquals("cpu,cpuacct", mounts.hierarchies().get(0).options());
    assertEquals(List.of("cpu", "cpuacct"), mounts.hierarchies().get(0).links());
  }

  @Test
  void aMachineWithoutCgroupsRunsContainersWithoutLimits() {
    Cgroup cgroup = plan(new Layout(false, List.of()), "", false);
    Recorder host = new Recorder(Map.of());
    cgroup.create(host);
    cgroup.apply(host, Resources.builder().build());
    cgroup.join(host, 7);
    assertEquals(0, host.batches);
    assertFalse(cgroup.frozen());
    assertEquals(List.of(), cgroup.processes());
    cgroup.killAll();
    cgroup.remove();
    assertThrows(CgroupException.class, cgroup::freeze);
    Resources pids = Resources.builder().pids(new Pids(OptionalLong.of(1))).build();
    assertEquals(
        Optional.of("linux.resources.pids.limit: this machine has no cgroup controller \"pids\""),
        cgroup.unsupported(pids));
  }
}
