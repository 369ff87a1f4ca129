package dev.carafe.conformance.oci;

import dev.carafe.conformance.Shell;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A mount namespace in which runtimes run. Some of them refuse the layout that this machine may
 * have, cgroup v1 beside an empty v2: here one of both stands alone. It goes when this program
 * does.
 */
final class View implements AutoCloseable {
  /** Leaves the v1 hierarchies alone, if there are any. */
  private static final String LEGACY =
      """
      if grep -q ' - cgroup2 ' /proc/self/mountinfo && grep -q ' - cgroup ' /proc/self/mountinfo
      then
        mkdir "$1"
        mount -t tmpfs -o mode=755 view "$1"
        for hierarchy in /sys/fs/cgroup/*; do
          if [ "$(stat -f -c %T "$hierarchy")" = cgroupfs ]; then
            mkdir "$1/${hierarchy##*/}"
            mount --bind "$hierarchy" "$1/${hierarchy##*/}"
          fi
        done
        umount -l /sys/fs/cgroup
        mount --rbind "$1" /sys/fs/cgroup
      fi
      """;

  /** Leaves the v2 hierarchy alone. */
  private static final String UNIFIED =
      """
      mkdir "$1"
      if grep -q ' - cgroup ' /proc/self/mountinfo; then
        umount -l /sys/fs/cgroup
        mount -t cgroup2 cgroup2 /sys/fs/cgroup
      fi
      """;

  private final Process holder;

  private View(String setUp, Path scratch) {
    try {
      holder =
          new ProcessBuilder(
                  "unshare",
                  "-m",
                  "--propagation",
                  "private",
                  "sh",
                  "-ec",
                  setUp + "echo ready; exec cat",
                  "view",
                  scratch.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      byte[] ready = holder.getInputStream().readNBytes(6);
      if (!new String(ready, StandardCharsets.US_ASCII).equals("ready\n")) {
        throw new AssertionError("no mount namespace of its own");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static View legacy(Path scratch) {
    return new View(LEGACY, scratch);
  }

  static View unified(Path scratch) {
    return new View(UNIFIED, scratch);
  }

  /** Returns the namespace's name, such as {@code mnt:[4026531841]}, or another of the holder. */
  String namespace(String type) {
    return Shell.run("readlink /proc/$1/ns/$2", holder.pid(), type).ok().out().strip();
  }

  /** Runs a script here; the words are its {@code $1} and so on. */
  Shell.Result sh(String script, Object... words) {
    return start(script, words).end();
  }

  Shell.Running start(String script, Object... words) {
    List<Object> all = new ArrayList<>(List.of(holder.pid(), script));
    all.addAll(List.of(words));
    return Shell.start(
        "target=$1; script=$2; shift 2;"
            + " exec nsenter -t \"$target\" -m /bin/bash -c \"$script\" bash \"$@\"",
        all.toArray());
  }

  @Override
  public void close() {
    try {
      holder.getOutputStream().close();
      holder.waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
