package dev.carafe.spec;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The whole of a bundle's {@code config.json} for Linux (config.md).
 *
 * @param ociVersion the version of the spec that the bundle follows, such as {@code 1.3.0}.
 * @param process what runs in the container.
 * @param root the root file system.
 * @param hostname the host name in a new UTS namespace.
 * @param domainname the NIS domain name in a new UTS namespace.
 * @param mounts what is mounted, in this order.
 * @param hooks the programs that run at moments of the life cycle.
 * @param annotations metadata, in the order of the file.
 * @param linux what is particular to Linux.
 * @param otherPlatforms the names of sections for other platforms that the file has, such as {@code
 *     windows}; what they say is not kept, since a runtime for Linux must refuse them.
 */
public record Spec(
    String ociVersion,
    Optional<Process> process,
    Optional<Root> root,
    Optional<String> hostname,
    Optional<String> domainname,
    List<Mount> mounts,
    Hooks hooks,
    Map<String, String> annotations,
    Optional<Linux> linux,
    Set<String> otherPlatforms) {
  /** Keeps copies that nobody can change. */
  public Spec {
    mounts = List.copyOf(mounts);
    annotations = Copies.of(annotations);
    otherPlatforms = Copies.of(otherPlatforms);
  }

  /** Returns {@code linux.resources}; if they are missing, without limits. */
  public Resources resources() {
    return linux.flatMap(Linux::resources).orElse(Resources.NONE);
  }

  /** Begins one with nothing but the required parts. */
  public static Builder builder(String ociVersion) {
    return new Builder(ociVersion);
  }

  /** Begins one with all parts of this. */
  public Builder toBuilder() {
    Builder b = new Builder(ociVersion);
    b.process = process;
    b.root = root;
    b.hostname = hostname;
    b.domainname = domainname;
    b.mounts = mounts;
    b.hooks = hooks;
    b.annotations = annotations;
    b.linux = linux;
    b.otherPlatforms = otherPlatforms;
    return b;
  }

  /** Makes one part by part. */
  public static final class Builder {
    private String ociVersion;
    private Optional<Process> process = Optional.empty();
    private Optional<Root> root = Optional.empty();
    private Optional<String> hostname = Optional.empty();
    private Optional<String> domainname = Optional.empty();
    private List<Mount> mounts = List.of();
    private Hooks hooks = Hooks.NONE;
    private Map<String, String> annotations = Map.of();
    private Optional<Linux> linux = Optional.empty();
    private Set<String> otherPlatforms = Set.of();

    private Builder(String ociVersion) {
      this.ociVersion = ociVersion;
    }

    /** Sets the version of the spec that the bundle follows, such as {@code 1.3.0}. */
    public Builder ociVersion(String ociVersion) {
      this.ociVersion = ociVersion;
      return this;
    }

    /** Sets what runs in the container. */
    public Builder process(Process process) {
      this.process = Optional.of(process);
      return this;
    }

    /** Sets the root file system. */
    public Builder root(Root root) {
      this.root = Optional.of(root);
      return this;
    }

    /** Sets the host name in a new UTS namespace. */
    public Builder hostname(String hostname) {
      this.hostname = Optional.of(hostname);
      return this;
    }

    /** Sets the NIS domain name in a new UTS namespace. */
    public Builder domainname(String domainname) {
      this.domainname = Optional.of(domainname);
      return this;
    }

    /** Sets what is mounted, in this order. */
    public Builder mounts(List<Mount> mounts) {
      this.mounts = mounts;
      return this;
    }

    /** Sets the programs that run at moments of the life cycle. */
    public Builder hooks(Hooks hooks) {
      this.hooks = hooks;
      return this;
    }

    /** Sets metadata, in the order of the file. */
    public Builder annotations(Map<String, String> annotations) {
      this.annotations = annotations;
      return this;
    }

    /** Sets what is particular to Linux. */
    public Builder linux(Linux linux) {
      this.linux = Optional.of(linux);
      return this;
    }

    /**
     * Sets the names of sections for other platforms that the file has, such as {@code windows};
     * what they say is not kept, since a runtime for Linux must refuse them.
     */
    public Builder otherPlatforms(Set<String> otherPlatforms) {
      this.otherPlatforms = otherPlatforms;
      return this;
    }

    /** Makes the record. */
    public Spec build() {
      return new Spec(
          ociVersion,
          process,
          root,
          hostname,
          domainname,
          mounts,
          hooks,
          annotations,
          linux,
          otherPlatforms);
    }
  }
}
