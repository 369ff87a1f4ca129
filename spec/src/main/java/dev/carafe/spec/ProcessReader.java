package dev.carafe.spec;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Reads the process section (config.md, Process). */
final class ProcessReader {
  private ProcessReader() {}

  static Process process(JsonIn in) {
    boolean terminal = false;
    Optional<ConsoleSize> consoleSize = Optional.empty();
    User user = User.ROOT;
    @Nullable List<String> args = null;
    List<String> env = List.of();
    @Nullable String cwd = null;
    Optional<Capabilities> capabilities = Optional.empty();
    List<Rlimit> rlimits = List.of();
    boolean noNewPrivileges = false;
    Optional<String> apparmorProfile = Optional.empty();
    OptionalInt oomScoreAdj = OptionalInt.empty();
    Optional<Scheduler> scheduler = Optional.empty();
    Optional<String> selinuxLabel = Optional.empty();
    Optional<IoPriority> ioPriority = Optional.empty();
    Optional<CpuAffinity> execCpuAffinity = Optional.empty();
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "terminal" -> terminal = in.bool();
        case "consoleSize" -> consoleSize = Optional.of(consoleSize(in));
        case "user" -> user = user(in);
        case "args" -> args = in.strings();
        case "env" -> env = in.strings();
        case "cwd" -> cwd = in.string();
        case "capabilities" -> capabilities = Optional.of(capabilities(in));
        case "rlimits" -> rlimits = in.list(ProcessReader::rlimit);
        case "noNewPrivileges" -> noNewPrivileges = in.bool();
        case "apparmorProfile" -> apparmorProfile = in.optionalString();
        case "oomScoreAdj" -> oomScoreAdj = OptionalInt.of(in.int32());
        case "scheduler" -> scheduler = Optional.of(scheduler(in));
        case "selinuxLabel" -> selinuxLabel = in.optionalString();
        case "ioPriority" -> ioPriority = Optional.of(ioPriority(in));
        case "execCPUAffinity" -> execCpuAffinity = Optional.of(cpuAffinity(in));
        default -> in.skip();
      }
    }
    return new Process(
        terminal,
        consoleSize,
        user,
        in.required(args, "args"),
        env,
        in.required(cwd, "cwd"),
        capabilities,
        rlimits,
        noNewPrivileges,
        apparmorProfile,
        oomScoreAdj,
        scheduler,
        selinuxLabel,
        ioPriority,
        execCpuAffinity);
  }

  private static ConsoleSize consoleSize(JsonIn in) {
    @Nullable Long height = null;
    @Nullable Long width = null;
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "height" -> height = in.uint32();
        case "width" -> width = in.uint32();
        default -> in.skip();
      }
    }
    return new ConsoleSize(in.required(height, "height"), in.required(width, "width"));
  }

  private static User user(JsonIn in) {
    // Both ids are required where there is a user: a misspelt one must not become root.
    @Nullable Long uid = null;
    @Nullable Long gid = null;
    OptionalLong umask = OptionalLong.empty();
    List<Long> additionalGids = List.of();
    Optional<String> username = Optional.empty();
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "uid" -> uid = in.uint32();
        case "gid" -> gid = in.uint32();
        case "umask" -> umask = OptionalLong.of(in.uint32());
        case "additionalGids" -> additionalGids = in.list(JsonIn::uint32);
        case "username" -> username = in.optionalString();
        default -> in.skip();
      }
    }
    return new User(
        in.required(uid, "uid"), in.required(gid, "gid"), umask, additionalGids, username);
  }

  private static Capabilities capabilities(JsonIn in) {
    List<String> bounding = List.of();
    List<String> effective = List.of();
    List<String> inheritable = List.of();
    List<String> permitted = List.of();
    List<String> ambient = List.of();
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "bounding" -> bounding = in.strings();
        case "effective" -> effective = in.strings();
        case "inheritable" -> inheritable = in.strings();
        case "permitted" -> permitted = in.strings();
        case "ambient" -> ambient = in.strings();
        default -> in.skip();
      }
    }
    return new Capabilities(bounding, effective, inheritable, permitted, ambient);
  }

  private static Rlimit rlimit(JsonIn in) {
    @Nullable RlimitType type = null;
    @Nullable Long soft = null;
    @Nullable Long hard = null;
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "type" -> type = in.word(RlimitType.values());
        case "soft" -> soft = in.uint64();
        case "hard" -> hard = in.uint64();
        default -> in.skip();
      }
    }
    return new Rlimit(
        in.required(type, "type"), in.required(soft, "soft"), in.required(hard, "hard"));
  }

  private static Scheduler scheduler(JsonIn in) {
    @Nullable SchedulerPolicy policy = null;
    int nice = 0;
    int priority = 0;
    List<SchedulerFlag> flags = List.of();
    long runtime = 0;
    long deadline = 0;
    long period = 0;
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "policy" -> policy = in.word(SchedulerPolicy.values());
        case "nice" -> nice = in.int32();
        case "priority" -> priority = in.int32();
        case "flags" -> flags = in.list(i -> i.word(SchedulerFlag.values()));
        case "runtime" -> runtime = in.uint64();
        case "deadline" -> deadline = in.uint64();
        case "period" -> period = in.uint64();
        default -> in.skip();
      }
    }
    return new Scheduler(
        in.required(policy, "policy"), nice, priority, flags, runtime, deadline, period);
  }

  private static IoPriority ioPriority(JsonIn in) {
    @Nullable IoPriorityClass priorityClass = null;
    int priority = 0;
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "class" -> priorityClass = in.word(IoPriorityClass.values());
        case "priority" -> priority = in.int32();
        default -> in.skip();
      }
    }
    return new IoPriority(in.required(priorityClass, "class"), priority);
  }

  private static CpuAffinity cpuAffinity(JsonIn in) {
    Optional<String> initial = Optional.empty();
    Optional<String> last = Optional.empty();
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "initial" -> initial = in.optionalString();
        case "final" -> last = in.optionalString();
        default -> in.skip();
      }
    }
    return new CpuAffinity(initial, last);
  }
}
