package dev.carafe.runtime.state;

import dev.carafe.spec.Hook;
import dev.carafe.spec.Resources;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What is stored of a container: who, where, which owner, which transition. What can be seen in the
 * kernel, above all the status, is not.
 *
 * @param id the container's id
 * @param instance tells this container from earlier and later ones of the same id
 * @param generation changes with each transition; a long operation whose generation was replaced
 *     has lost the container to somebody else
 * @param transition what is under way
 * @param transitionOwner who does it
 * @param taken whether a deletion has taken it from who was making it, who will not finish it now
 * @param init the container's first process
 * @param cgroups controller to absolute path of the container's cgroup there
 * @param rdtGroups directories of resctrl that are the container's alone
 * @param resources the limits that were set: those of the configuration, with what was updated
 * @param ownPidNamespace whether all its processes end with the first one
 * @param uid the effective user who made it
 * @param ociVersion the version of the spec that its configuration follows
 * @param bundle the bundle's absolute path
 * @param rootfs the root file system's absolute path
 * @param created when, as RFC 3339 writes it
 * @param annotations of the configuration
 * @param poststart hooks of the configuration as it was when the container was made
 * @param poststop likewise
 * @param started whether a start has begun; without that no process of it can be the program
 * @param exit the raw wait status of the first process, written by who waited for it
 * @param userLog the file where messages for the user go
 * @param oomScoreAdj the OOM score that its configuration asks for
 * @param sandbox the sandbox it shares with others, or could; empty if it is on its own
 * @param gofer the process that serves its files, where the platform has one
 */
public record StoredState(
    String id,
    String instance,
    String generation,
    Transition transition,
    Optional<ProcessIdentity> transitionOwner,
    boolean taken,
    Optional<ProcessIdentity> init,
    Map<String, String> cgroups,
    List<String> rdtGroups,
    Resources resources,
    boolean ownPidNamespace,
    int uid,
    String ociVersion,
    String bundle,
    String rootfs,
    String created,
    Map<String, String> annotations,
    List<Hook> poststart,
    List<Hook> poststop,
    boolean started,
    OptionalInt exit,
    Optional<String> userLog,
    OptionalInt oomScoreAdj,
    Optional<SandboxRef> sandbox,
    Optional<ProcessIdentity> gofer) {

  /**
   * A sandbox that containers share.
   *
   * @param id its id, which is that of its first container
   * @param instance that of its first container, which tells it from others of its id
   * @param process its own process, where the platform has one; only its first container knows
   */
  public record SandboxRef(String id, String instance, Optional<SandboxProcess> process) {}

  /**
   * The process of a sandbox.
   *
   * @param identity the process
   * @param oomScoreAdj the OOM score that it was born with
   */
  public record SandboxProcess(ProcessIdentity identity, int oomScoreAdj) {}

  /** Begins one for a container that is about to be made by this process. */
  public static Builder creating(String id) {
    Builder b = new Builder(id);
    b.instance = RandomId.next();
    b.generation = RandomId.next();
    b.transition = Transition.CREATING;
    b.transitionOwner = Optional.of(ProcessIdentity.self());
    return b;
  }

  /** Returns whether it is the first container of a sandbox, which begins and ends with it. */
  public boolean isFirstOfSandbox() {
    return sandbox.isPresent() && sandbox.get().id().equals(id);
  }

  /** Returns whether it belongs to a sandbox. */
  public boolean isIn(SandboxRef other) {
    return sandbox.isPresent()
        && sandbox.get().id().equals(other.id())
        && sandbox.get().instance().equals(other.instance());
  }

  /** Returns whether a change is under way whose owner lives. */
  public boolean isChanging() {
    return transition != Transition.NONE
        && transitionOwner.isPresent()
        && transitionOwner.get().isAlive();
  }

  /** Returns this with a transition that this process begins; its generation is new. */
  public StoredState begin(Transition next) {
    return toBuilder()
        .transition(next, Optional.of(ProcessIdentity.self()), RandomId.next())
        .build();
  }

  /** Returns this with another transition of the same operation, which may still be undone. */
  public StoredState goOn(Transition next) {
    return toBuilder().transition(next, transitionOwner, generation).build();
  }

  /** Returns this with no transition. */
  public StoredState settled() {
    return toBuilder().transition(Transition.NONE, Optional.empty(), generation).build();
  }

  /** Begins one with all parts of this. */
  public Builder toBuilder() {
    Builder b = new Builder(id);
    b.instance = instance;
    b.generation = generation;
    b.transition = transition;
    b.transitionOwner = transitionOwner;
    b.taken = taken;
    b.init = init;
    b.cgroups = cgroups;
    b.rdtGroups = rdtGroups;
    b.resources = resources;
    b.ownPidNamespace = ownPidNamespace;
    b.uid = uid;
    b.ociVersion = ociVersion;
    b.bundle = bundle;
    b.rootfs = rootfs;
    b.created = created;
    b.annotations = annotations;
    b.poststart = poststart;
    b.poststop = poststop;
    b.started = started;
    b.exit = exit;
    b.userLog = userLog;
    b.oomScoreAdj = oomScoreAdj;
    b.sandbox = sandbox;
    b.gofer = gofer;
    return b;
  }

  /** Makes one part by part. */
  public static final class Builder {
    private final String id;
    private String instance = "";
    private String generation = "";
    private Transition transition = Transition.NONE;
    private Optional<ProcessIdentity> transitionOwner = Optional.empty();
    private boolean taken;
    private Optional<ProcessIdentity> init = Optional.empty();
    private Map<String, String> cgroups = Map.of();
    private List<String> rdtGroups = List.of();
    private Resources resources = Resources.NONE;
    private boolean ownPidNamespace;
    private int uid;
    private String ociVersion = "";
    private String bundle = "";
    private String rootfs = "";
    private String created = "";
    private Map<String, String> annotations = Map.of();
    private List<Hook> poststart = List.of();
    private List<Hook> poststop = List.of();
    private boolean started;
    private OptionalInt exit = OptionalInt.empty();
    private Optional<String> userLog = Optional.empty();
    private OptionalInt oomScoreAdj = OptionalInt.empty();
    private Optional<SandboxRef> sandbox = Optional.empty();
    private Optional<ProcessIdentity> gofer = Optional.empty();

    Builder(String id) {
      this.id = id;
    }

    Builder instance(String value) {
      instance = value;
      return this;
    }

    Builder transition(Transition value, Optional<ProcessIdentity> owner, String newGeneration) {
      transition = value;
      transitionOwner = owner;
      generation = newGeneration;
      return this;
    }

    Builder taken(boolean value) {
      taken = value;
      return this;
    }

    /** Sets the first process. */
    public Builder init(ProcessIdentity value) {
      init = Optional.of(value);
      return this;
    }

    /** Sets the cgroup's paths. */
    public Builder cgroups(Map<String, String> value) {
      cgroups = value;
      return this;
    }

    /** Sets the directories of resctrl that are the container's alone. */
    public Builder rdtGroups(List<String> value) {
      rdtGroups = value;
      return this;
    }

    /** Sets the limits. */
    public Builder resources(Resources value) {
      resources = value;
      return this;
    }

    /** Sets whether all its processes end with the first one. */
    public Builder ownPidNamespace(boolean value) {
      ownPidNamespace = value;
      return this;
    }

    /** Sets the user who made it. */
    public Builder uid(int value) {
      uid = value;
      return this;
    }

    /** Sets the version of the spec that its configuration follows. */
    public Builder ociVersion(String value) {
      ociVersion = value;
      return this;
    }

    /** Sets the bundle's absolute path. */
    public Builder bundle(String value) {
      bundle = value;
      return this;
    }

    /** Sets the root file system's absolute path. */
    public Builder rootfs(String value) {
      rootfs = value;
      return this;
    }

    /** Sets when it was made. */
    public Builder created(String value) {
      created = value;
      return this;
    }

    /** Sets the annotations. */
    public Builder annotations(Map<String, String> value) {
      annotations = value;
      return this;
    }

    /** Sets the hooks that run when the program has begun. */
    public Builder poststart(List<Hook> value) {
      poststart = value;
      return this;
    }

    /** Sets the hooks that run when the container was deleted. */
    public Builder poststop(List<Hook> value) {
      poststop = value;
      return this;
    }

    /** Sets whether a start has begun. */
    public Builder started(boolean value) {
      started = value;
      return this;
    }

    /** Sets the raw wait status of the first process. */
    public Builder exit(int value) {
      exit = OptionalInt.of(value);
      return this;
    }

    /** Sets the file where messages for the user go. */
    public Builder userLog(Optional<String> value) {
      userLog = value;
      return this;
    }

    /** Sets the OOM score that its configuration asks for. */
    public Builder oomScoreAdj(OptionalInt value) {
      oomScoreAdj = value;
      return this;
    }

    /** Sets the sandbox. */
    public Builder sandbox(SandboxRef value) {
      sandbox = Optional.of(value);
      return this;
    }

    /** Sets the process that serves its files. */
    public Builder gofer(ProcessIdentity value) {
      gofer = Optional.of(value);
      return this;
    }

    Builder optional(
        Optional<ProcessIdentity> anInit,
        OptionalInt anExit,
        Optional<SandboxRef> aSandbox,
        Optional<ProcessIdentity> aGofer) {
      init = anInit;
      exit = anExit;
      sandbox = aSandbox;
      gofer = aGofer;
      return this;
    }

    /** Makes the state. */
    public StoredState build() {
      return new StoredState(
          id,
          instance,
          generation,
          transition,
          transitionOwner,
          taken,
          init,
          cgroups,
          rdtGroups,
          resources,
          ownPidNamespace,
          uid,
          ociVersion,
          bundle,
          rootfs,
          created,
          annotations,
          poststart,
          poststop,
          started,
          exit,
          userLog,
          oomScoreAdj,
          sandbox,
          gofer);
    }
  }
}
