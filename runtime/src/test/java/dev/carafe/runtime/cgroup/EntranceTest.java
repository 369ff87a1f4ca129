package dev.carafe.runtime.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.linux.Agent;
import dev.carafe.linux.Batch;
import dev.carafe.linux.CloneFlags;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Local;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Spawner;
import dev.carafe.linux.Sys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How a process goes into a cgroup itself, in every hierarchy that this machine has. */
final class EntranceTest {
  private static int count;

  private final String name = "carafe-entrance-" + ProcessHandle.current().pid() + "-" + count++;

  @BeforeEach
  void needsRoot() {
    Assumptions.assumeTrue(Sys.geteuid() == 0, "needs root to make cgroups");
  }

  @Test
  void aProcessThatIsBornGoesIntoEveryHierarchyAndKeepsNoWayBack() throws Exception {
    check(entrance ->
        Spawner.spawn(
            CloneFlags.NEWPID,
            entrance.birthplace(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            List.of()));
  }

  @Test
  void aCloneOfAnAgentDoesSoToo() throws Exception {
    try (Agent parent =
        Spawner.spawn(0, Optional.empty(), Optional.empty(), Optional.empty(), List.of())) {
      check(entrance ->
          parent.cloneAgent(CloneFlags.NEWPID | CloneFlags.PARENT, entrance.birthplace(), "clone"));
      assertEquals(4, fds(parent.pid()), "the parent keeps the cgroup open");
      reap(parent);
    }
  }

  @Test
  void theCgroupOfAContainerIsFoundAgainAndEnteredByAProcessThatJoins() throws Exception {
    check(
        made -> Cgroups.load(made.saved()),
        entrance ->
            Spawner.spawn(
                0,
                entrance.birthplace(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of()));
  }

  @Test
  void aCgroupThatIsGoneIsNotEntered() {
    Cgroup gone = Cgroups.load(plan().saved());
    try (Entrance entrance = gone.entrance(Local.get())) {
      assertTrue(entrance.isNone(), "where one may not be born, nothing is opened");
    } catch (KernelException e) {
      assertEquals(Errno.ENOENT, e.errno());
    }
  }

  @Test
  void aCgroupThatWasThereIsJoinedFromOutside() {
    Cgroup first = plan();
    first.create(Local.get());
    try (Entrance entrance = plan().entrance(Local.get())) {
      // cgroup.kill may have been written there, and then the kernel kills who is born in it.
      boolean two = first.paths().containsKey("");
      assertEquals(two, entrance.isNone());
      assertTrue(entrance.birthplace().isEmpty());
    } finally {
      first.remove();
    }
  }

  private Cgroup plan() {
    return Cgroups.detect()
        .plan(Optional.of(name), "id", new Cgroups.Options(false, warning -> {}));
  }

  private interface Making {
    Agent agent(Entrance entrance);
  }

  private void check(Making making) throws IOException {
    check(made -> made, making);
  }

  private void check(UnaryOperator<Cgroup> found, Making making) throws IOException {
    Cgroup cgroup = plan();
    cgroup.create(Local.get());
    try {
      try (Entrance entrance = found.apply(cgroup).entrance(Local.get());
          Agent agent = making.agent(entrance)) {
        assumeTrue(!entrance.isNone(), "needs to run in the root of cgroup v2's hierarchy");
        Batch batch = agent.batch();
        entrance.add(batch, batch.passed(entrance.fds().size()), 0);
        Reply _ = agent.run(batch, entrance.fds().toArray(new Fd[0]));
        String where = Files.readString(Path.of("/proc/" + agent.pid() + "/cgroup"));
        assertTrue(where.lines().allMatch(line -> line.endsWith("/" + name)), where);
        assertEquals(4, fds(agent.pid()), "standard streams and its socket, and no more");
        reap(agent);
      }
    } finally {
      cgroup.remove();
    }
  }

  private static long fds(int pid) throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      return all.count();
    }
  }

  private static void reap(Agent agent) {
    PidFd process = agent.detachProcess().orElseThrow();
    agent.close();
    process.reap();
    process.close();
  }
}
