package dev.carafe.runtime.cgroup;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Open;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The way into a cgroup for a process that goes there itself: it is born in the cgroup of version
 * 2, and writes itself into those of version 1.
 *
 * <p>Who is moved by somebody else makes the kernel stop all forks and exits of the machine, and
 * wait for that until every processor has passed a quiet point: 7 to 15 ms for the first move after
 * a quiet moment. One thread that writes "0" to {@code tasks}, or is cloned into the cgroup, does
 * not. The files are opened on the host's side, whose right to write counts.
 */
public final class Entrance implements AutoCloseable {
  /** What one answer may carry. */
  private static final int AT_ONCE = 16;

  private final List<String> paths = new ArrayList<>();
  private final List<Fd> tasks = new ArrayList<>();
  private Optional<Fd> birthplace = Optional.empty();
  private boolean none = true;

  private Entrance() {}

  /** Returns that there is none: the process must be moved from outside. */
  public static Entrance none() {
    return new Entrance();
  }

  /** Returns whether there is no way in. */
  public boolean isNone() {
    return none;
  }

  static Entrance open(Executor host, List<Place> places) {
    Entrance entrance = new Entrance();
    if (!mayBeBornIn(places)) {
      return entrance;
    }
    entrance.none = false;
    try {
      for (int from = 0; from < places.size(); from += AT_ONCE) {
        entrance.openSome(host, places.subList(from, Math.min(places.size(), from + AT_ONCE)));
      }
    } catch (RuntimeException e) {
      entrance.close();
      throw e;
    }
    return entrance;
  }

  /**
   * Since Linux 6.14 a clone is killed if {@code cgroup.kill} was ever written in the cgroup that
   * it is born in, and not in its parent's, or the other way round. It surely was in neither if the
   * one is new, or a container lives in it that it was made for, and the other is the root of all,
   * which has no such file.
   */
  private static boolean mayBeBornIn(List<Place> places) {
    for (Place place : places) {
      if (place.version() == 2
          && (place.kept() || !isInRoot() || CgroupFiles.exists(top(place) + "/cgroup.kill"))) {
        return false;
      }
    }
    return true;
  }

  /** Returns where the hierarchy is mounted; of one that was loaded, the topmost cgroup above. */
  private static String top(Place place) {
    if (!place.mountPoint().isEmpty()) {
      return place.mountPoint();
    }
    String at = place.path();
    while (CgroupFiles.exists(Paths.parent(at) + "/cgroup.procs")) {
      at = Paths.parent(at);
    }
    return at;
  }

  private static boolean isInRoot() {
    String own = CgroupFiles.read("/proc/self/cgroup").orElse("");
    return own.endsWith("0::/") || own.contains("0::/\n");
  }

  private void openSome(Executor host, List<Place> places) {
    Batch batch = host.batch();
    Calls calls = new Calls(batch).sending();
    for (Place place : places) {
      boolean two = place.version() == 2;
      String path = two ? place.path() : place.path() + "/tasks";
      int flags = two ? Open.PATH | Open.DIRECTORY : Open.WRONLY;
      Ref _ = calls.openat2("open " + path, Arg.CWD, path, flags, 0, Open.RESOLVE_NO_SYMLINKS);
    }
    Reply reply = host.run(batch);
    for (int i = 0; i < places.size(); i++) {
      if (places.get(i).version() == 2) {
        birthplace = Optional.of(reply.descriptors().get(i));
      } else {
        paths.add(places.get(i).path());
        tasks.add(reply.descriptors().get(i));
      }
    }
  }

  /** Returns the cgroup of version 2 to clone the process into; this stays its owner. */
  public Optional<Fd> birthplace() {
    return birthplace;
  }

  /** Returns what to pass with the batch that {@link #add} is called for. */
  public List<Fd> fds() {
    return tasks;
  }

  /** Adds how the process goes in; {@code passed} from {@code first} on are {@link #fds}. */
  public void add(Batch batch, Ref[] passed, int first) {
    Calls calls = new Calls(batch);
    for (int i = 0; i < paths.size(); i++) {
      Ref file = passed[first + i];
      Ref _ = calls.write("join cgroup " + paths.get(i), file, "0");
      calls.close("close the cgroup's file", file);
    }
  }

  @Override
  public void close() {
    birthplace.ifPresent(Fd::close);
    for (int i = 0; i < tasks.size(); i++) {
      tasks.get(i).close();
    }
  }
}
