package dev.carafe.spec;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The process of a container (config.md, Process; {@code commandLine} is for Windows and ignored).
 *
 * @param terminal whether the process has a terminal.
 * @param consoleSize the terminal's size.
 * @param user whom it runs as.
 * @param args the program and its arguments.
 * @param env the environment, {@code NAME=value} each, in this order.
 * @param cwd the working directory, absolute.
 * @param capabilities the five capability sets.
 * @param rlimits the resource limits.
 * @param noNewPrivileges whether no_new_privs is set.
 * @param apparmorProfile the AppArmor profile.
 * @param oomScoreAdj the value for {@code /proc/self/oom_score_adj}.
 * @param scheduler the scheduling policy.
 * @param selinuxLabel the SELinux label.
 * @param ioPriority the I/O priority.
 * @param execCpuAffinity the processors of processes that join by exec ("execCPUAffinity").
 */
// The name is the spec's; java.lang.Process is not used beside it.
@SuppressWarnings("JavaLangClash")
public record Process(
    boolean terminal,
    Optional<ConsoleSize> consoleSize,
    User user,
    List<String> args,
    List<String> env,
    String cwd,
    Optional<Capabilities> capabilities,
    List<Rlimit> rlimits,
    boolean noNewPrivileges,
    Optional<String> apparmorProfile,
    OptionalInt oomScoreAdj,
    Optional<Scheduler> scheduler,
    Optional<String> selinuxLabel,
    Optional<IoPriority> ioPriority,
    Optional<CpuAffinity> execCpuAffinity) {
  /** Keeps copies that nobody can change. */
  public Process {
    args = List.copyOf(args);
    env = List.copyOf(env);
    rlimits = List.copyOf(rlimits);
  }

  /** Begins one with nothing but the required parts. */
  public static Builder builder(List<String> args, String cwd) {
    return new Builder(args, cwd);
  }

  /** Begins one with all parts of this. */
  public Builder toBuilder() {
    Builder b = new Builder(args, cwd);
    b.terminal = terminal;
    b.consoleSize = consoleSize;
    b.user = user;
    b.env = env;
    b.capabilities = capabilities;
    b.rlimits = rlimits;
    b.noNewPrivileges = noNewPrivileges;
    b.apparmorProfile = apparmorProfile;
    b.oomScoreAdj = oomScoreAdj;
    b.scheduler = scheduler;
    b.selinuxLabel = selinuxLabel;
    b.ioPriority = ioPriority;
    b.execCpuAffinity = execCpuAffinity;
    return b;
  }

  /** Makes one part by part. */
  public static final class Builder {
    private boolean terminal;
    private Optional<ConsoleSize> consoleSize = Optional.empty();
    private User user = User.ROOT;
    private List<String> args;
    private List<String> env = List.of();
    private String cwd;
    private Optional<Capabilities> capabilities = Optional.empty();
    private List<Rlimit> rlimits = List.of();
    private boolean noNewPrivileges;
    private Optional<String> apparmorProfile = Optional.empty();
    private OptionalInt oomScoreAdj = OptionalInt.empty();
    private Optional<Scheduler> scheduler = Optional.empty();
    private Optional<String> selinuxLabel = Optional.empty();
    private Optional<IoPriority> ioPriority = Optional.empty();
    private Optional<CpuAffinity> execCpuAffinity = Optional.empty();

    private Builder(List<String> args, String cwd) {
      this.args = args;
      this.cwd = cwd;
    }

    /** Sets whether the process has a terminal. */
    public Builder terminal(boolean terminal) {
      this.terminal = terminal;
      return this;
    }

    /** Sets the terminal's size. */
    public Builder consoleSize(ConsoleSize consoleSize) {
      this.consoleSize = Optional.of(consoleSize);
      return this;
    }

    /** Sets whom it runs as. */
    public Builder user(User user) {
      this.user = user;
      return this;
    }

    /** Sets the program and its arguments. */
    public Builder args(List<String> args) {
      this.args = args;
      return this;
    }

    /** Sets the environment, {@code NAME=value} each, in this order. */
    public Builder env(List<String> env) {
      this.env = env;
      return this;
    }

    /** Sets the working directory, absolute. */
    public Builder cwd(String cwd) {
      this.cwd = cwd;
      return this;
    }

    /** Sets the five capability sets. */
    public Builder capabilities(Capabilities capabilities) {
      this.capabilities = Optional.of(capabilities);
      return this;
    }

    /** Sets the resource limits. */
    public Builder rlimits(List<Rlimit> rlimits) {
      this.rlimits = rlimits;
      return this;
    }

    /** Sets whether no_new_privs is set. */
    public Builder noNewPrivileges(boolean noNewPrivileges) {
      this.noNewPrivileges = noNewPrivileges;
      return this;
    }

    /** Sets the AppArmor profile. */
    public Builder apparmorProfile(String apparmorProfile) {
      this.apparmorProfile = Optional.of(apparmorProfile);
      return this;
    }

    /** Sets the value for {@code /proc/self/oom_score_adj}. */
    public Builder oomScoreAdj(int oomScoreAdj) {
      this.oomScoreAdj = OptionalInt.of(oomScoreAdj);
      return this;
    }

    /** Sets the scheduling policy. */
    public Builder scheduler(Scheduler scheduler) {
      this.scheduler = Optional.of(scheduler);
      return this;
    }

    /** Sets the SELinux label. */
    public Builder selinuxLabel(String selinuxLabel) {
      this.selinuxLabel = Optional.of(selinuxLabel);
      return this;
    }

    /** Sets the I/O priority. */
    public Builder ioPriority(IoPriority ioPriority) {
      this.ioPriority = Optional.of(ioPriority);
      return this;
    }

    /** Sets the processors of processes that join by exec. */
    public Builder execCpuAffinity(CpuAffinity execCpuAffinity) {
      this.execCpuAffinity = Optional.of(execCpuAffinity);
      return this;
    }

    /** Makes the record. */
    public Process build() {
      return new Process(
          terminal,
          consoleSize,
          user,
          args,
          env,
          cwd,
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
  }
}
