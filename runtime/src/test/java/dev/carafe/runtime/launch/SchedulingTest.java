package dev.carafe.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Data;
import dev.carafe.linux.Errno;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Local;
import dev.carafe.linux.Sys;
import dev.carafe.linux.Syscall;
import dev.carafe.runtime.testing.TestBundle;
import dev.carafe.spec.IdMapping;
import dev.carafe.spec.IoPriority;
import dev.carafe.spec.IoPriorityClass;
import dev.carafe.spec.MemoryPolicy;
import dev.carafe.spec.MemoryPolicyFlag;
import dev.carafe.spec.MemoryPolicyMode;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.Personality;
import dev.carafe.spec.PersonalityDomain;
import dev.carafe.spec.Scheduler;
import dev.carafe.spec.SchedulerFlag;
import dev.carafe.spec.SchedulerPolicy;
import dev.carafe.spec.User;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How the program is scheduled, and the memory and kernel it finds (config.md, Linux process). */
final class SchedulingTest {
  private static final String SHOW =
      // sched(7): fields 19, 40 and 41 of /proc/pid/stat are nice, rt_priority and policy.
      "cut -d' ' -f19,40,41 /proc/self/stat";

  private final TestBundle bundle = TestBundle.create();

  @AfterEach
  void remove() {
    bundle.close();
  }

  private static Scheduler scheduler(
      SchedulerPolicy policy, int nice, int priority, SchedulerFlag... flags) {
    return new Scheduler(policy, nice, priority, List.of(flags), 0, 0, 0);
  }

  private String run(String script) {
    TestLaunch.Outcome outcome = TestLaunch.run(bundle.sh(script));
    assertEquals("", outcome.err());
    return outcome.out();
  }

  @ParameterizedTest
  @CsvSource({
    "OTHER, 7, 0, '7 0 0'",
    "OTHER, -3, 0, '-3 0 0'",
    "BATCH, 5, 0, '5 0 3'",
    "IDLE, 0, 0, '0 0 5'",
    "FIFO, 0, 10, '0 10 1'",
    "RR, 0, 99, '0 99 2'",
  })
  void theProgramHasThePolicyItAsksForAndSoHaveItsChildren(
      SchedulerPolicy policy, int nice, int priority, String shown) {
    // An unprivileged user: the rights of whoever makes the container count.
    bundle.process(p -> p.scheduler(scheduler(policy, nice, priority)).user(User.of(1000, 1000)));
    assertEquals(shown + "\n", run(SHOW));
  }

  @Test
  void resetOnForkIsForTheProgramAlone() {
    bundle.process(
        p -> p.scheduler(scheduler(SchedulerPolicy.FIFO, 0, 10, SchedulerFlag.RESET_ON_FORK)));
    assertEquals("0 0 0\n", run(SHOW + "; true"));
  }

  @Test
  void aDeadlineIsSetWithItsThreeTimes() {
    bundle.process(p ->
        p.scheduler(
            new Scheduler(
                SchedulerPolicy.DEADLINE,
                0,
                0,
                List.of(SchedulerFlag.RESET_ON_FORK),
                10_000_000,
                30_000_000,
                40_000_000)));
    bundle.args("/bin/busybox", "sleep", "100");
    try (TestLaunch launch = new TestLaunch(bundle)) {
      launch.create();
      // struct sched_attr: policy at 4, runtime, deadline and period at 24, 32 and 40
      Batch batch = Local.get().batch();
      Data attributes = batch.space(56);
      batch.call(
          "ask for the scheduler",
          Syscall.SCHED_GETATTR,
          Arg.of(launch.process().pid()),
          attributes,
          Arg.of(56),
          Arg.ZERO);
      batch.output(attributes);
      ByteBuffer read = Local.get().run(batch).output(batch, 0);
      assertEquals(6, read.getInt(4));
      assertEquals(10_000_000, read.getLong(24));
      assertEquals(30_000_000, read.getLong(32));
      assertEquals(40_000_000, read.getLong(40));
    }
  }

  @Test
  void realTimeWorksInAUserNamespaceForWhoMayGiveIt() {
    List<IdMapping> ids = List.of(new IdMapping(0, 100_000, 65_536));
    bundle.namespace(NamespaceType.USER, Optional.empty());
    bundle.linux(l -> l.uidMappings(ids).gidMappings(ids));
    bundle.process(p -> p.scheduler(scheduler(SchedulerPolicy.RR, 0, 3)));
    assertEquals("0 3 2\n", run(SHOW));
  }

  @Test
  void whatTheKernelRefusesIsNamed() {
    bundle.process(
        p -> p.scheduler(new Scheduler(SchedulerPolicy.DEADLINE, 0, 0, List.of(), 50, 40, 30)));
    bundle.sh("true");
    try (TestLaunch launch = new TestLaunch(bundle)) {
      KernelException e = assertThrows(KernelException.class, launch::create);
      assertEquals(Errno.EINVAL, e.errno());
      assertTrue(TestLaunch.message(e).startsWith("set the scheduler to SCHED_DEADLINE"));
    }
  }

  @ParameterizedTest
  @CsvSource({"REALTIME, 0, 1", "BEST_EFFORT, 7, 2", "IDLE, 4, 3"})
  void theProgramHasItsIoPriority(IoPriorityClass priorityClass, int priority, int number) {
    bundle.process(p -> p.ioPriority(new IoPriority(priorityClass, priority)));
    bundle.args("/bin/busybox", "sleep", "100");
    try (TestLaunch launch = new TestLaunch(bundle)) {
      launch.create();
      launch.start();
      long got = Sys.call(Syscall.IOPRIO_GET, 1, launch.process().pid());
      assertEquals(number << 13 | priority, got);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "DEFAULT, '', default",
    "BIND, 0, bind:0",
    "INTERLEAVE, 0, interleave:0",
    "WEIGHTED_INTERLEAVE, 0, weighted interleave:0",
    "PREFERRED, 0, prefer:0",
    "PREFERRED_MANY, 0-0, prefer (many):0",
    "LOCAL, '', local",
  })
  void theProgramHasItsMemoryPolicy(MemoryPolicyMode mode, String nodes, String shown) {
    bundle.linux(l -> l.memoryPolicy(new MemoryPolicy(mode, nodes, List.of())));
    // A line is: address policy kind=value…
    String line = run("head -n1 /proc/self/numa_maps");
    assertTrue(line.substring(line.indexOf(' ')).startsWith(" " + shown + " "), line);
  }

  @Test
  void aMemoryPolicyHasItsFlags() {
    bundle.linux(l ->
        l.memoryPolicy(
            new MemoryPolicy(MemoryPolicyMode.BIND, "0", List.of(MemoryPolicyFlag.STATIC_NODES))));
    assertTrue(run("head -n1 /proc/self/numa_maps").contains(" bind=static:0 "));
  }

  @Test
  void aMemoryNodeThatIsNotThereIsNamed() {
    bundle.linux(l -> l.memoryPolicy(new MemoryPolicy(MemoryPolicyMode.BIND, "77", List.of())));
    bundle.sh("true");
    try (TestLaunch launch = new TestLaunch(bundle)) {
      KernelException e = assertThrows(KernelException.class, launch::create);
      assertTrue(
          TestLaunch.message(e)
              .startsWith("set the memory policy MPOL_BIND with nodes 77: EINVAL"));
    }
  }

  @Test
  void aPersonalityOf32BitsIsWhatUnameTells() {
    bundle.linux(l -> l.personality(new Personality(PersonalityDomain.LINUX32, List.of())));
    String machine = run("uname -m").strip();
    assertTrue(List.of("i686", "armv8l").contains(machine), machine);
    bundle.linux(l -> l.personality(new Personality(PersonalityDomain.LINUX, List.of())));
    assertTrue(List.of("x86_64", "aarch64").contains(run("uname -m").strip()));
  }
}
