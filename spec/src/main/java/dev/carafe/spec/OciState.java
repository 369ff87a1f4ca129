package dev.carafe.spec;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The state of a container (runtime.md, State), with the three fields that runc adds to it.
 *
 * @param ociVersion the version of the spec that it follows.
 * @param id the container's id.
 * @param status {@code creating}, {@code created}, {@code running}, {@code stopped} or, as an
 *     extension of runc, {@code paused}.
 * @param pid the first process, in the runtime's pid namespace, while there is one.
 * @param bundle the bundle's directory, absolute.
 * @param annotations those of the configuration.
 * @param rootfs the root file system's directory, absolute; runc's.
 * @param created when it was created, as RFC 3339 in UTC; runc's.
 * @param owner the user who created it; runc's.
 */
public record OciState(
    String ociVersion,
    String id,
    String status,
    OptionalInt pid,
    String bundle,
    Map<String, String> annotations,
    Optional<String> rootfs,
    Optional<String> created,
    Optional<String> owner) {
  /** Keeps a copy that nobody can change. */
  public OciState {
    annotations = Copies.of(annotations);
  }

  /** Returns what a hook reads on its standard input: what the spec says, and nothing more. */
  public byte[] toHookInput() {
    JsonOut out = JsonOut.compact();
    writePlain(out);
    return out.toBytes();
  }

  /**
   * Returns the container process state for a seccomp listener (config-linux.md, The Container
   * Process State), with one descriptor.
   *
   * @param process the process that has the filter, as the runtime sees it
   * @param metadata the profile's {@code listenerMetadata}
   */
  public byte[] toSeccompListener(int process, Optional<String> metadata) {
    JsonOut out = JsonOut.compact().beginObject().field("ociVersion", ociVersion);
    out.strings("fds", List.of("seccompFd")).field("pid", process).field("metadata", metadata);
    writePlain(out.name("state"));
    return out.endObject().toBytes();
  }

  private void writePlain(JsonOut out) {
    out.beginObject();
    out.field("ociVersion", ociVersion).field("id", id).field("status", status);
    out.field("pid", pid).field("bundle", bundle);
    Fields.stringMap(out, "annotations", annotations);
    out.endObject();
  }

  /**
   * Writes what {@code state} and {@code list --format json} print, with the fields and in the
   * order of runc, where a container without a process has the pid 0.
   */
  public void writeTo(JsonOut out) {
    out.beginObject().field("ociVersion", ociVersion).field("id", id);
    out.field("pid", pid.orElse(0)).field("status", status).field("bundle", bundle);
    out.field("rootfs", rootfs.orElse("")).field("created", created.orElse(""));
    Fields.stringMap(out, "annotations", annotations);
    out.field("owner", owner.orElse("")).endObject();
  }
}
