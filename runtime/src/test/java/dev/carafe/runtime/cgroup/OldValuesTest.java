package dev.carafe.runtime.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What sets files of cgroups back, with what the kernel shows in them. */
final class OldValuesTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // file, what it says, what will be written, what sets it back
        "pids.max | max | 10 | max",
        "cpu.max | max 100000 | 5000 100000 | max 100000",
        "cpu.cfs_quota_us | -1 | 5000 | -1",
        "memory.oom_control | oom_kill_disable 0;under_oom 0;oom_kill 3 | 1 | 0",
        "memory.oom_control | oom_kill_disable 1;under_oom 0 | 0 | 1",
        "io.weight | default 100;8:0 50 | 300 | 100",
        "io.weight | default 100;8:0 50 | 8:0 20 | 8:0 50",
        "io.weight | default 100 | 8:0 20 | 8:0 default",
        "io.bfq.weight | default 100 | 8:0 20 | 8:0 default",
        "blkio.bfq.weight | default 100 | 300 | 100",
        "blkio.bfq.weight_device | default 100;8:0 7 | 8:0 20 | 8:0 7",
        "blkio.bfq.weight_device | default 100 | 8:0 20 | 8:0 default",
        "blkio.weight_device | 8:16 500 | 8:0 20 | 8:0 0",
        "blkio.throttle.read_bps_device | 8:0 100;8:16 7 | 8:16 9 | 8:16 7",
        "blkio.throttle.read_bps_device | 8:0 100 | 8:16 9 | 8:16 0",
        "io.max | 8:0 rbps=5 wbps=max riops=max wiops=max | 8:0 wbps=7"
            + " | 8:0 rbps=5 wbps=max riops=max wiops=max",
        "io.max | 8:16 rbps=5 | 8:0 wbps=7 | 8:0 rbps=max wbps=max riops=max wiops=max",
        "rdma.max | mlx5_0 hca_handle=max hca_object=2000 | mlx5_0 hca_handle=3"
            + " | mlx5_0 hca_handle=max hca_object=2000",
        "net_prio.ifpriomap | lo 0;eth0 5 | eth0 7 | eth0 5",
      })
  void theOldValueIsFound(String file, String now, String value, String old, @TempDir Path dir)
      throws Exception {
    Path path = Files.writeString(dir.resolve(file), now.replace(';', '\n') + "\n");
    assertEquals(Optional.of(old), OldValues.of(path.toString(), value));
  }

  @Test
  void anEmptySetIsSetBackByALine(@TempDir Path dir) throws Exception {
    Path path = Files.writeString(dir.resolve("cpuset.cpus"), "\n");
    assertEquals(Optional.of("\n"), OldValues.of(path.toString(), "0-1"));
  }

  @Test
  void whatCannotBeReadIsNotSetBack(@TempDir Path dir) {
    assertEquals(Optional.empty(), OldValues.of(dir.resolve("nothing").toString(), "1"));
  }
}
