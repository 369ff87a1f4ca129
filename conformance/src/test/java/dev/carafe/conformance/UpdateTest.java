package dev.carafe.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code update}, looked at in the kernel's files of cgroup v1. */
final class UpdateTest {
  private static final String ID = "update-" + ProcessHandle.current().pid();

  @SuppressWarnings("NullAway.Init") // JUnit calls the method that sets it before each test.
  private Ground ground;

  @BeforeEach
  void open() {
    assumeTrue(
        Files.exists(Path.of("/sys/fs/cgroup/memory/memory.limit_in_bytes")),
        "the machine has no memory controller of cgroup v1");
    ground = new Ground();
    Bundle bundle = ground.bundle("b").script("sleep 1000").linux("cgroupsPath", "\"/" + ID + "\"");
    String run = "exec carafe run --detach --bundle \"$1\" \"$2\" >\"$3\" 2>&1";
    ground.sh(run, bundle.path(), ID, ground.path().resolve("out")).ok();
  }

  @AfterEach
  void close() {
    if (ground != null) {
      ground.carafe("delete", "--force", ID);
      ground.close();
    }
  }

  private Shell.Result update(String flags) {
    String[] words = ("update " + flags + " " + ID).split(" ", -1);
    return ground.carafe((Object[]) words);
  }

  private static String read(String file) throws IOException {
    int slash = file.indexOf('/');
    String controller = file.substring(0, slash);
    return Files.readString(
            Path.of("/sys/fs/cgroup", controller, ID, controller + "." + file.substring(slash + 1)))
        .strip();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--memory=64m|memory/limit_in_bytes|67108864",
        "--memory=1.5MiB|memory/limit_in_bytes|1572864",
        "--memory=67108864|memory/limit_in_bytes|67108864",
        "--memory-reservation=32M|memory/soft_limit_in_bytes|33554432",
        "--memory=64m --memory-swap=128m|memory/memsw.limit_in_bytes|134217728",
        "--kernel-memory-tcp=4m|memory/kmem.tcp.limit_in_bytes|4194304",
        "--cpu-share=512|cpu/shares|512",
        "--cpu-quota=20000|cpu/cfs_quota_us|20000",
        "--cpu-quota=20000 --cpu-quota=-1|cpu/cfs_quota_us|-1",
        "--cpu-period=50000|cpu/cfs_period_us|50000",
        "--cpu-quota=20000 --cpu-burst=1000|cpu/cfs_burst_us|1000",
        "--cpu-idle=1|cpu/idle|1",
        "--cpu-rt-period=500000|cpu/rt_period_us|500000",
        "--cpu-rt-period=500000 --cpu-rt-runtime=1000|cpu/rt_runtime_us|1000",
        "--cpuset-cpus=0|cpuset/cpus|0",
        "--cpuset-mems=0|cpuset/mems|0",
        "--pids-limit=20|pids/max|20",
        "--pids-limit=-1|pids/max|max",
      })
  void eachFlagReachesTheKernel(String flags, String file, String value) throws IOException {
    update(flags).ok();
    assertEquals(value, read(file));
  }

  @Test
  void limitsAreReadFromAFileOrFromStandardInput() throws IOException {
    Path file = ground.path().resolve("limits.json");
    Files.writeString(file, "{\"pids\":{\"limit\":33},\"memory\":{\"limit\":0}}");
    String limit = read("memory/limit_in_bytes");
    ground.carafe("update", "--resources", file, ID).ok();
    assertEquals("33", read("pids/max"));
    assertEquals(limit, read("memory/limit_in_bytes"));
    Files.writeString(file, "{\"pids\":{\"limit\":34}}");
    ground.sh("exec carafe update -r - \"$1\" <\"$2\"", ID, file).ok();
    assertEquals("34", read("pids/max"));
    // The file has the word; other flags are passed over.
    ground.carafe("update", "-r", file, "--pids-limit", "50", ID).ok();
    assertEquals("34", read("pids/max"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // Of memory and swap together the limit would be below that of memory.
        "--pids-limit=20 --cpu-share=100 --memory=64m --memory-swap=32m",
        "--pids-limit=20 --cpuset-cpus=4000",
        "--pids-limit=20 --cpu-rt-runtime=1000000 --cpu-rt-period=1000000",
        "--pids-limit=20 --memory=64x",
        "--pids-limit=20 --cpu-quota=many",
        "--pids-limit=20 --cpu-share=1",
        "--pids-limit=20 --l3-cache-schema=L3:0=f",
        "--pids-limit=20 --resources=/nowhere",
      })
  void whatIsRefusedLeavesTheOldLimits(String flags) throws IOException {
    ground.carafe("update", "--pids-limit", "30", "--memory", "256m", ID).ok();
    String shares = read("cpu/shares");
    Shell.Result result = update(flags);
    assertEquals(1, result.code(), result.err());
    assertEquals("30", read("pids/max"));
    assertEquals("268435456", read("memory/limit_in_bytes"));
    assertEquals(shares, read("cpu/shares"));
    String state = Files.readString(ground.root().resolve("containers/" + ID + "/state.json"));
    assertTrue(state.contains("\"pids\":{\"limit\":30}"), state);
  }

  @Test
  void aContainerThatHasStoppedOrIsNotThereIsRefusedInRuncsWords() {
    ground.carafe("kill", ID, "KILL").ok();
    Shell.Result result = ground.carafe("update", "--pids-limit", "30", ID);
    for (int i = 0; i < 100 && result.code() == 0; i++) {
      result = ground.carafe("update", "--pids-limit", "30", ID);
    }
    assertTrue(result.err().contains("container not running"), result.err());
    result = ground.carafe("update", "--pids-limit", "30", "nobody");
    assertTrue(result.err().contains("container does not exist"), result.err());
  }
}
