package dev.carafe.runtime.cgroup;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Executor;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Moves one more process into a container's cgroup, or into one below it. */
final class Joiner {
  private final boolean unified;
  private final List<Place> places;

  Joiner(boolean unified, List<Place> places) {
    this.unified = unified;
    this.places = places;
  }

  void join(Executor host, int pid, int init, Map<String, String> below) {
    List<String> paths = paths(below);
    try {
      move(host, pid, paths);
    } catch (KernelException e) {
      // A cgroup of version 2 that passes controllers on takes no process: systemd or a runtime
      // inside has divided it. There the first process shows the way.
      Optional<String> inner = Optional.empty();
      if (unified && below.isEmpty() && e.errno() == Errno.EBUSY) {
        inner = whereIs(init);
      }
      if (inner.isEmpty()) {
        throw e;
      }
      move(host, pid, List.of(inner.get()));
    }
  }

  private static void move(Executor host, int pid, List<String> paths) {
    HostWrites writes = new HostWrites(host);
    for (String path : paths) {
      String label = "move process " + pid + " to cgroup " + path;
      writes.write(label, path + "/cgroup.procs", Integer.toString(pid));
    }
    if (!writes.isEmpty()) {
      Reply _ = writes.run();
    }
  }

  /** The words are runc's. */
  private List<String> paths(Map<String, String> below) {
    List<String> unknown = new ArrayList<>(below.keySet());
    List<String> paths = new ArrayList<>();
    for (Place place : places) {
      String inner = Optional.ofNullable(below.get("")).orElse("");
      boolean any = unknown.remove("");
      for (String controller : place.controllers()) {
        if (unknown.remove(controller) && !any) {
          inner = Optional.ofNullable(below.get(controller)).orElse("");
        }
      }
      String path = Paths.clean(place.path() + "/" + inner);
      if (!Paths.within(path, place.path())) {
        throw new CgroupException(inner + " is not a sub cgroup path");
      }
      // A cgroup that was loaded may have been made without some hierarchies.
      if (!place.mountPoint().isEmpty() || !inner.isEmpty() || CgroupFiles.exists(path)) {
        paths.add(path);
      }
    }
    unknown.remove("");
    if (!unknown.isEmpty()) {
      throw new CgroupException("unknown controller " + unknown.get(0) + " in SubCgroupPaths");
    }
    return paths;
  }

  /** Returns the cgroup of version 2 of a process, if it is below the container's. */
  private Optional<String> whereIs(int process) {
    Optional<String> lines = CgroupFiles.read("/proc/" + process + "/cgroup");
    List<Hierarchy> here = Layout.read().hierarchies();
    for (String line : Layout.split(lines.orElse(""), '\n')) {
      if (line.startsWith("0::") && !here.isEmpty()) {
        String path = Paths.join(here.get(0).mountPoint(), Paths.clean(line.substring(3)));
        return Paths.within(path, places.get(0).path()) ? Optional.of(path) : Optional.empty();
      }
    }
    return Optional.empty();
  }
}
