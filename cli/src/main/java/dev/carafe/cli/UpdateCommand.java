package dev.carafe.cli;

import dev.carafe.Container;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Open;
import dev.carafe.linux.Sys;
import dev.carafe.spec.BlockIo;
import dev.carafe.spec.Cpu;
import dev.carafe.spec.IntelRdt;
import dev.carafe.spec.JsonIn;
import dev.carafe.spec.Memory;
import dev.carafe.spec.Pids;
import dev.carafe.spec.Resources;
import dev.carafe.spec.SpecException;
import dev.carafe.spec.SpecReader;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** {@code carafe update}: changes limits of a container. */
final class UpdateCommand extends Command {
  private static final int MAX_WEIGHT = 0xffff;

  UpdateCommand() {
    super("update", "change limits of a container", "<container-id>", 1, 1);
  }

  @Override
  String description() {
    return """
    Changes those limits that are given, all of them or, when one is refused, none. Sizes
    are bytes, or have a unit such as 64m or 1.5GiB; -1 is no limit.

    With --resources they are read from a file, or from the standard input if that is -, as
    JSON of the form that linux.resources has in config.json; other flags are passed over,
    but for the schemata, which change the container's class of service, for all that share
    it.\
    """;
  }

  @Override
  List<Flag> flags() {
    return List.of(
        Flag.value("resources", "read the limits from this file, or - for standard input").or('r'),
        Flag.value("blkio-weight", "weight of block I/O, from 10 to 1000"),
        Flag.value("cpu-period", "length of a CPU period in microseconds"),
        Flag.value("cpu-quota", "CPU time in each period in microseconds; -1 is no limit"),
        Flag.value("cpu-burst", "CPU time that may be saved up, in microseconds"),
        Flag.value("cpu-share", "CPU shares, relative to other containers, from 2 to 262144"),
        Flag.value("cpu-rt-period", "length of a real-time CPU period in microseconds"),
        Flag.value("cpu-rt-runtime", "real-time CPU time in each period in microseconds"),
        Flag.value("cpuset-cpus", "the CPUs it may use, as 0-2,7"),
        Flag.value("cpuset-mems", "the memory nodes it may use"),
        Flag.value("cpu-idle", "1 to run it only when a CPU would be idle, 0 to end that"),
        Flag.value("kernel-memory", "obsolete; the kernel has no such limit any more"),
        Flag.value("kernel-memory-tcp", "obsolete; bytes of TCP buffers, on cgroup v1"),
        Flag.value("memory", "bytes of memory"),
        Flag.value("memory-reservation", "bytes of memory that are left to it under pressure"),
        Flag.value("memory-swap", "bytes of memory and swap together"),
        Flag.value("pids-limit", "how many processes and threads it may have"),
        Flag.value("l3-cache-schema", "Intel RDT: schema of the L3 cache, as L3:0=f;1=ff"),
        Flag.value("mem-bw-schema", "Intel RDT: schema of the memory bandwidth, as MB:0=20"));
  }

  @Override
  int run(Session session, Arguments arguments) {
    Optional<String> file = arguments.nonEmpty("resources");
    Resources limits = file.isPresent() ? read(session, file.get()) : fromFlags(arguments);
    Container container = session.container(arguments.rest().get(0));
    Optional<String> cache = arguments.nonEmpty("l3-cache-schema");
    Optional<String> bandwidth = arguments.nonEmpty("mem-bw-schema");
    if (cache.isPresent() || bandwidth.isPresent()) {
      container.update(limits, new IntelRdt(Optional.empty(), List.of(), cache, bandwidth, false));
    } else {
      container.update(limits);
    }
    return 0;
  }

  // ---- from flags

  private static Resources fromFlags(Arguments arguments) {
    Resources.Builder limits = Resources.builder();
    limits.cpu(
        new Cpu(
            unsigned(arguments, "cpu-share"),
            signed(arguments, "cpu-quota"),
            unsigned(arguments, "cpu-burst"),
            unsigned(arguments, "cpu-period"),
            signed(arguments, "cpu-rt-runtime"),
            unsigned(arguments, "cpu-rt-period"),
            arguments.nonEmpty("cpuset-cpus"),
            arguments.nonEmpty("cpuset-mems"),
            signed(arguments, "cpu-idle")));
    limits.memory(
        new Memory(
            Sizes.of(arguments, "memory"),
            Sizes.of(arguments, "memory-reservation"),
            Sizes.of(arguments, "memory-swap"),
            Sizes.of(arguments, "kernel-memory"),
            Sizes.of(arguments, "kernel-memory-tcp"),
            OptionalLong.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty()));
    OptionalLong pids = signed(arguments, "pids-limit");
    if (pids.isPresent()) {
      limits.pids(new Pids(pids));
    }
    OptionalLong weight = unsigned(arguments, "blkio-weight");
    if (weight.isPresent()) {
      limits.blockIo(
          new BlockIo(
              OptionalInt.of(weight(weight.getAsLong())),
              OptionalInt.empty(),
              List.of(),
              List.of(),
              List.of(),
              List.of(),
              List.of()));
    }
    return limits.build();
  }

  private static int weight(long weight) {
    if (weight < 0 || weight > MAX_WEIGHT) {
      throw new CommandException("invalid value for blkio-weight: " + weight + " is out of range");
    }
    return (int) weight;
  }

  private static OptionalLong signed(Arguments arguments, String flag) {
    return number(arguments, flag, false);
  }

  private static OptionalLong unsigned(Arguments arguments, String flag) {
    return number(arguments, flag, true);
  }

  private static OptionalLong number(Arguments arguments, String flag, boolean unsigned) {
    Optional<String> text = arguments.nonEmpty(flag);
    if (text.isEmpty()) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(
          unsigned ? Long.parseUnsignedLong(text.get()) : Long.parseLong(text.get()));
    } catch (NumberFormatException e) {
      throw new CommandException(
          "invalid value for " + flag + ": \"" + text.get() + "\" is not a number", e);
    }
  }

  // ---- from JSON

  private static Resources read(Session session, String file) {
    boolean standard = file.equals("-");
    String name = standard ? "standard input" : file;
    try {
      return SpecReader.readResources(standard ? standardInput() : file(session, file), name);
    } catch (KernelException e) {
      throw new CommandException("cannot read " + name + ": " + Errno.describe(e.errno()), e);
    } catch (SpecException e) {
      throw new CommandException(e.getMessage() + "", e);
    }
  }

  private static byte[] file(Session session, String file) {
    try (Fd fd = Sys.open(session.absolute(file), Open.RDONLY, 0)) {
      return Sys.readFully(fd, JsonIn.MAX_BYTES);
    }
  }

  private static byte[] standardInput() {
    // Never closed, as the other two.
    return Sys.readFully(Fd.own(0), JsonIn.MAX_BYTES);
  }
}
