package dev.carafe.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.linux.Batch;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Local;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.cgroup.Cgroups;
import dev.carafe.runtime.cgroup.Entrance;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** An agent that goes into a cgroup which somebody has frozen. */
final class AbandonedAgentTest {
  @Test
  void itsAnswerIsNotWaitedForAndItIsReapedWhenTheCgroupIsThawed() {
    assumeTrue(Sys.geteuid() == 0, "needs root to make cgroups");
    String name = "carafe-abandoned-" + ProcessHandle.current().pid();
    Cgroup cgroup =
        Cgroups.detect().plan(Optional.of(name), "id", new Cgroups.Options(false, warning -> {}));
    cgroup.create(Local.get());
    try (Caller caller = new JvmCaller();
        Entrance entrance = cgroup.entrance(Local.get())) {
      assumeTrue(!entrance.fds().isEmpty(), "needs cgroup v1: on v2 the kernel kills the frozen");
      cgroup.freeze();
      Stdio none = new Stdio.Streams(Optional.empty(), Optional.empty(), Optional.empty());
      ChildAgent agent = caller.spawn(0, none, "an agent");
      try (PidFd process = PidFd.open(agent.pid()).orElseThrow()) {
        Batch batch = agent.batch();
        Fd[] fds = entrance.fds().toArray(new Fd[0]);
        entrance.add(batch, batch.passed(fds.length), 0);
        long begun = System.nanoTime();
        KernelException late =
            assertThrows(KernelException.class, () -> agent.runWithin(300, batch, fds));
        assertEquals(Errno.ETIMEDOUT, late.errno());
        agent.abandon();
        long millis = (System.nanoTime() - begun) / 1_000_000;
        assertTrue(millis < 3000, "it took " + millis + " ms");
        cgroup.thaw();
        assertTrue(process.waitExit(10_000), "it was killed");
        for (int i = 0; i < 1000 && PidFd.open(agent.pid()).isPresent(); i++) {
          int _ = Sys.poll(process.fd(), 0, 10);
        }
        assertTrue(PidFd.open(agent.pid()).isEmpty(), "it was reaped");
      }
    } finally {
      cgroup.thaw();
      cgroup.remove();
    }
  }
}
