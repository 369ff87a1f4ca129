package dev.carafe;

import dev.carafe.spec.Process;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A process that is to join a container. What is not said here is as the container's own process
 * has it in its configuration: user, environment, working directory, capabilities, limits.
 */
public final class ExecRequest extends ProcessRequest {
  private final Optional<Process> process;
  private final List<String> args;
  private final Optional<String> cwd;
  private final List<String> env;
  private final Optional<String> user;
  private final List<Long> additionalGids;
  private final List<String> capabilities;
  private final boolean noNewPrivileges;
  private final Optional<String> apparmorProfile;
  private final Optional<String> selinuxLabel;
  private final boolean terminal;
  private final Optional<String> internalPidFile;
  private final boolean ignorePaused;
  private final Map<String, String> cgroups;

  private ExecRequest(Builder b) {
    super(b);
    process = b.process;
    args = List.copyOf(b.args);
    cwd = b.cwd;
    env = List.copyOf(b.env);
    user = b.user;
    additionalGids = List.copyOf(b.additionalGids);
    capabilities = List.copyOf(b.capabilities);
    noNewPrivileges = b.noNewPrivileges;
    apparmorProfile = b.apparmorProfile;
    selinuxLabel = b.selinuxLabel;
    terminal = b.terminal;
    internalPidFile = b.internalPidFile;
    ignorePaused = b.ignorePaused;
    cgroups = Map.copyOf(b.cgroups);
  }

  /** Begins a request for a program with its arguments. */
  public static Builder builder(List<String> args) {
    return new Builder(args, Optional.empty());
  }

  /** Begins a request for a program with its arguments. */
  public static Builder builder(String... args) {
    return builder(List.of(args));
  }

  /**
   * Begins a request for a process that is described whole, as {@code exec --process} takes it
   * (config.md, Process); nothing then comes from the container's own.
   */
  public static Builder builder(Process process) {
    return new Builder(process.args(), Optional.of(process));
  }

  /** Returns the whole description, if the request was made from one. */
  public Optional<Process> process() {
    return process;
  }

  /** Returns the program and its arguments. */
  public List<String> args() {
    return args;
  }

  /** Returns the working directory. */
  public Optional<String> cwd() {
    return cwd;
  }

  /** Returns what is added to the environment, {@code NAME=value} each. */
  public List<String> env() {
    return env;
  }

  /** Returns whom the process runs as: {@code user[:group]}, names or numbers. */
  public Optional<String> user() {
    return user;
  }

  /** Returns what is added to the supplementary groups. */
  public List<Long> additionalGids() {
    return additionalGids;
  }

  /** Returns what is added to the capabilities. */
  public List<String> capabilities() {
    return capabilities;
  }

  /** Returns whether no_new_privs is set, whatever the container's process has. */
  public boolean noNewPrivileges() {
    return noNewPrivileges;
  }

  /** Returns the AppArmor profile. */
  public Optional<String> apparmorProfile() {
    return apparmorProfile;
  }

  /** Returns the SELinux label. */
  public Optional<String> selinuxLabel() {
    return selinuxLabel;
  }

  /** Returns whether the process has a terminal of its own. */
  public boolean terminal() {
    return terminal;
  }

  /** Returns the file that gets the id that the process has in the container's pid namespace. */
  public Optional<String> internalPidFile() {
    return internalPidFile;
  }

  /** Returns whether a paused container is joined, where the process waits for the resume. */
  public boolean ignorePaused() {
    return ignorePaused;
  }

  /** Returns which cgroup below the container's it joins, by controller; "" is every one. */
  public Map<String, String> cgroups() {
    return cgroups;
  }

  /** Makes a request part by part. */
  public static final class Builder extends ProcessRequest.Builder<Builder> {
    private final List<String> args;
    private final Optional<Process> process;
    private Optional<String> cwd = Optional.empty();
    private List<String> env = List.of();
    private Optional<String> user = Optional.empty();
    private List<Long> additionalGids = List.of();
    private List<String> capabilities = List.of();
    private boolean noNewPrivileges;
    private Optional<String> apparmorProfile = Optional.empty();
    private Optional<String> selinuxLabel = Optional.empty();
    private boolean terminal;
    private Optional<String> internalPidFile = Optional.empty();
    private boolean ignorePaused;
    private Map<String, String> cgroups = Map.of();

    private Builder(List<String> args, Optional<Process> process) {
      this.args = args;
      this.process = process;
      this.terminal = process.isPresent() && process.get().terminal();
    }

    /** Sets the working directory, absolute in the container. */
    public Builder cwd(String value) {
      cwd = Optional.of(value);
      return this;
    }

    /** Adds to the environment, {@code NAME=value} each. */
    public Builder env(List<String> value) {
      env = value;
      return this;
    }

    /**
     * Sets whom the process runs as: {@code user[:group]}. What is all digits is a number; a name
     * is looked up in the container's own {@code /etc/passwd} and {@code /etc/group}. Without a
     * group, a name brings its own, and a number leaves that of the container's process.
     */
    public Builder user(String value) {
      user = Optional.of(value);
      return this;
    }

    /** Adds supplementary groups. */
    public Builder additionalGids(List<Long> value) {
      additionalGids = value;
      return this;
    }

    /**
     * Adds capabilities, by name, to the bounding, effective and permitted sets; and to the ambient
     * set if the container's process has inheritable ones, without which there are no ambient ones.
     */
    public Builder capabilities(List<String> value) {
      capabilities = value;
      return this;
    }

    /** Has no_new_privs set. */
    public Builder noNewPrivileges(boolean value) {
      noNewPrivileges = value;
      return this;
    }

    /** Sets the AppArmor profile. */
    public Builder apparmorProfile(String value) {
      apparmorProfile = Optional.of(value);
      return this;
    }

    /** Sets the SELinux label. */
    public Builder selinuxLabel(String value) {
      selinuxLabel = Optional.of(value);
      return this;
    }

    /** Gives the process a terminal of its own, or none. */
    public Builder terminal(boolean value) {
      terminal = value;
      return this;
    }

    /** Has the id that the process has in the container's pid namespace written to a file. */
    public Builder internalPidFile(String path) {
      internalPidFile = Optional.of(path);
      return this;
    }

    /** Joins a container also when it is paused; the process then waits for the resume. */
    public Builder ignorePaused(boolean value) {
      ignorePaused = value;
      return this;
    }

    /**
     * Has it join cgroups below the container's, which must be there: a relative path for a
     * controller of version 1, or under the key "" in every hierarchy.
     */
    public Builder cgroups(Map<String, String> value) {
      cgroups = value;
      return this;
    }

    @Override
    Builder self() {
      return this;
    }

    /** Makes the request. */
    public ExecRequest build() {
      return new ExecRequest(this);
    }
  }
}
