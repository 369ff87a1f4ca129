package dev.carafe.runtime.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.ContainerStats;
import dev.carafe.ContainerStats.BlockIoCount;
import dev.carafe.ContainerStats.MemoryUse;
import dev.carafe.ContainerStats.Waiting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is made of the words of a kernel, of files that this machine may not have. */
final class StatsTest {
  private static void write(Path directory, String name, String text) throws IOException {
    Files.writeString(directory.resolve(name), text);
  }

  @Test
  void withoutACgroupNothingIsInvented() {
    assertThrows(CgroupException.class, () -> CgroupStats.read(Map.of()));
  }

  @Test
  void version2IsToldInTheTermsOfVersion1(@TempDir Path directory) throws IOException {
    write(directory, "cpu.stat", "usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_throttled 4\n");
    String pressure = "some avg10=1.50 avg60=0.25 avg300=0.00 total=77\n";
    write(directory, "cpu.pressure", pressure + pressure.replace("some", "full"));
    write(directory, "io.pressure", pressure);
    write(directory, "memory.stat", "anon 5\nfile 4096\n");
    write(directory, "memory.current", "1000\n");
    write(directory, "memory.max", "2000\n");
    write(directory, "memory.peak", "1500\n");
    write(directory, "memory.swap.current", "10\n");
    write(directory, "memory.swap.max", "max\n");
    write(directory, "pids.current", "3\n");
    write(directory, "pids.max", "max\n");
    write(directory, "io.stat", "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n7:1 \n");
    ContainerStats stats = CgroupStats.read(Map.of("", directory.toString()));
    assertEquals(30_000, stats.cpu().total());
    assertEquals(20_000, stats.cpu().user());
    assertEquals(10_000, stats.cpu().kernel());
    assertEquals(4, stats.cpu().throttledPeriods());
    Waiting waiting = new Waiting(1.5, 0.25, 0, 77);
    assertEquals(waiting, stats.cpu().pressure().orElseThrow().some());
    assertEquals(waiting, stats.cpu().pressure().orElseThrow().full());
    assertEquals(Waiting.NONE, stats.blockIo().pressure().orElseThrow().full());
    assertTrue(stats.memory().pressure().isEmpty());
    assertTrue(stats.cpuSet().isEmpty());
    assertEquals(4096, stats.memory().cache());
    assertEquals(Map.of("anon", 5L, "file", 4096L), stats.memory().raw());
    assertEquals(new MemoryUse(2000, 1000, 1500, 0), stats.memory().usage());
    assertEquals(new MemoryUse(ContainerStats.NO_LIMIT, 1010, 0, 0), stats.memory().swap());
    assertEquals(new ContainerStats.Pids(3, 0), stats.pids());
    assertEquals(
        List.of(new BlockIoCount(8, 0, "Read", 1), new BlockIoCount(8, 0, "Write", 2)),
        stats.blockIo().serviceBytes());
    assertEquals(
        List.of(new BlockIoCount(8, 0, "Read", 3), new BlockIoCount(8, 0, "Write", 4)),
        stats.blockIo().serviced());
  }

  @Test
  void aSwapLimitOfVersion2CountsMemoryToo(@TempDir Path directory) throws IOException {
    write(directory, "memory.max", "2000\n");
    write(directory, "memory.swap.max", "500\n");
    assertEquals(2500, CgroupStats.read(Map.of("", directory.toString())).memory().swap().limit());
    write(directory, "memory.max", "max\n");
    assertEquals(
        ContainerStats.NO_LIMIT,
        CgroupStats.read(Map.of("", directory.toString())).memory().swap().limit());
  }

  @Test
  void withoutThePidsControllerProcessesAreCounted(@TempDir Path directory) throws IOException {
    write(directory, "cgroup.procs", "1\n22\n");
    assertEquals(
        new ContainerStats.Pids(2, 0), CgroupStats.read(Map.of("", directory.toString())).pids());
  }

  @Test
  void version1CountsByTheScheduler(@TempDir Path directory) throws IOException {
    Map<String, String> paths = Map.of("blkio", directory.toString(), "", "/nowhere");
    String throttled = "8:0 Read 10\n8:0 Write 20\n8:0 Total 30\nTotal 30\n";
    write(directory, "blkio.throttle.io_serviced_recursive", throttled);
    write(directory, "blkio.throttle.io_service_bytes_recursive", throttled);
    List<BlockIoCount> wanted =
        List.of(
            new BlockIoCount(8, 0, "Read", 10),
            new BlockIoCount(8, 0, "Write", 20),
            new BlockIoCount(8, 0, "Total", 30));
    assertEquals(wanted, CgroupStats.read(paths).blockIo().serviced());
    assertEquals(wanted, CgroupStats.read(paths).blockIo().serviceBytes());
    // Of BFQ's there are some, so they count.
    write(directory, "blkio.bfq.io_serviced_recursive", "8:16 Read 1\n");
    write(directory, "blkio.bfq.sectors_recursive", "8:16 9\n");
    assertEquals(
        List.of(new BlockIoCount(8, 16, "Read", 1)), CgroupStats.read(paths).blockIo().serviced());
    assertEquals(
        List.of(new BlockIoCount(8, 16, "", 9)), CgroupStats.read(paths).blockIo().sectors());
    assertTrue(CgroupStats.read(paths).cpuSet().isEmpty());
    assertEquals(0, CgroupStats.read(paths).memory().usage().limit(), "nothing is invented");
  }

  @Test
  void version1HasEachProcessor(@TempDir Path directory) throws IOException {
    write(directory, "cpuacct.usage_all", "cpu user system\n0 10 20\n1 30 40\n");
    write(directory, "cpuacct.stat", "user 3\nsystem 4\n");
    write(directory, "cpuset.cpus", "0-1,5\n");
    String path = directory.toString();
    ContainerStats stats = CgroupStats.read(Map.of("cpuacct", path, "cpuset", path));
    assertEquals(List.of(10L, 30L), stats.cpu().perCpuUser());
    assertEquals(List.of(20L, 40L), stats.cpu().perCpuKernel());
    assertEquals(30_000_000, stats.cpu().user());
    assertEquals(40_000_000, stats.cpu().kernel());
    assertEquals(List.of(0, 1, 5), stats.cpuSet().orElseThrow().cpus());
  }
}
