package dev.carafe.runtime.cgroup;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Data;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Executor;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Syscall;
import java.util.ArrayList;
import java.util.List;

/** Makes the cgroups of a container, and what is missing above them. */
final class Creation {
  /**
   * The extended attribute of a cgroup that was made on the way to a container's, so that it is
   * removed with the last container below it. Who may not set it leaves such cgroups, as runc does.
   */
  static final String MARK = "trusted.carafe.made";

  private static final int MODE = 0755;

  /** How often a cgroup above may be removed by another container while we want to use it. */
  private static final int ATTEMPTS = 50;

  private final Executor host;
  private final boolean unified;
  private final List<Place> places;

  Creation(Executor host, boolean unified, List<Place> places) {
    this.host = host;
    this.unified = unified;
    this.places = places;
  }

  /**
   * Makes them.
   *
   * @param lenient whether hierarchies that this user may not write are passed over
   * @return those that were
   */
  List<Place> run(boolean lenient) {
    List<Place> refused = new ArrayList<>();
    List<Place> left = new ArrayList<>(places);
    for (int i = 0; !left.isEmpty(); i++) {
      List<Place> again = new ArrayList<>();
      long[] results = make(left);
      for (int k = 0; k < results.length; k++) {
        Place place = left.get(k);
        int errno = (int) -results[k];
        if (errno == Errno.ENOENT && i < ATTEMPTS) {
          again.add(place);
        } else if (lenient && notOurs(errno)) {
          refused.add(place);
        } else if (errno > 0) {
          throw new KernelException(label(place.path()), errno);
        }
      }
      left = again;
    }
    return refused;
  }

  private static boolean notOurs(int errno) {
    return errno == Errno.EACCES || errno == Errno.EPERM || errno == Errno.EROFS;
  }

  private static String label(String path) {
    return "make cgroup " + path;
  }

  /** Makes each; returns for each 0 or minus an errno. */
  private long[] make(List<Place> some) {
    HostWrites writes = new HostWrites(host);
    List<List<Ref>> made = new ArrayList<>();
    for (Place place : some) {
      made.add(make(writes, place));
    }
    long[] results = new long[some.size()];
    if (!writes.isEmpty()) {
      Reply reply = writes.run();
      for (int i = 0; i < results.length; i++) {
        results[i] = result(reply, made.get(i));
      }
    }
    return results;
  }

  /** Returns the last result; but why one above could not be made says more than that. */
  private static long result(Reply reply, List<Ref> made) {
    long result = 0;
    for (Ref each : made) {
      result = reply.value(each);
      if (notOurs((int) -result)) {
        return result;
      }
    }
    return result;
  }

  /** Adds what makes one; returns the calls that make what is missing, from the top. */
  private List<Ref> make(HostWrites writes, Place place) {
    List<String> missing = missing(place);
    String above = Paths.parent(missing.isEmpty() ? place.path() : missing.get(0));
    List<String> passedOn = unified ? passControllersOn(writes, place, above) : List.of();
    boolean cpuset = place.controllers().contains("cpuset");
    List<Ref> made = new ArrayList<>();
    for (String path : missing) {
      Ref call = writes.may().mkdirat(label(path), Arg.CWD, path, MODE);
      made.add(call);
      if (!path.equals(place.path())) {
        mark(writes.batch(), writes, path, call);
        if (!passedOn.isEmpty()) {
          passOn(writes, path, passedOn);
        }
      }
    }
    if (cpuset) {
      fillCpuset(writes, place, above, missing, made);
    }
    return made;
  }

  /** Returns what is missing of a cgroup and those above it, from the top. */
  private static List<String> missing(Place place) {
    List<String> missing = new ArrayList<>();
    String at = place.path();
    while (!at.equals(place.mountPoint()) && !CgroupFiles.exists(at)) {
      missing.add(0, at);
      at = Paths.parent(at);
    }
    return missing;
  }

  private static void mark(Batch batch, HostWrites writes, String path, Ref made) {
    Batch.Skip skip = batch.skip("was it there", made, Batch.When.FAILED, 0);
    Data value = batch.string("1");
    Ref _ =
        writes
            .may()
            .call(
                "mark cgroup " + path,
                Syscall.SETXATTR,
                batch.string(path),
                batch.string(MARK),
                value,
                Arg.of(value.length()),
                Arg.ZERO);
    batch.endSkip(skip);
  }

  // ---- version 2: a cgroup has the controllers that the one above it passes on

  /**
   * Lets the cgroups that exist pass on all that they have. A refusal counts only when a limit
   * needs the controller: one with processes of its own must not pass on any (EBUSY).
   *
   * @return what new ones below them are to pass on
   */
  private static List<String> passControllersOn(HostWrites writes, Place place, String above) {
    List<String> levels = new ArrayList<>();
    for (String at = above; Paths.within(at, place.mountPoint()); at = Paths.parent(at)) {
      levels.add(0, at);
    }
    List<String> controllers = List.of();
    for (String level : levels) {
      controllers = words(level + "/cgroup.controllers");
      List<String> more = new ArrayList<>(controllers);
      more.removeAll(words(level + "/cgroup.subtree_control"));
      if (!more.isEmpty()) {
        passOn(writes, level, more);
      }
    }
    return controllers;
  }

  private static List<String> words(String path) {
    List<String> words = new ArrayList<>();
    for (String word : Layout.split(CgroupFiles.read(path).orElse(""), ' ')) {
      if (!word.isEmpty()) {
        words.add(word);
      }
    }
    return words;
  }

  private static void passOn(HostWrites writes, String path, List<String> controllers) {
    List<String> each = new ArrayList<>();
    StringBuilder all = new StringBuilder();
    for (String controller : controllers) {
      each.add("+" + controller);
      all.append(all.isEmpty() ? "+" : " +").append(controller);
    }
    writes.tryWrite(path + "/cgroup.subtree_control", all.toString(), each);
  }

  // ---- version 1: a new cgroup has no processors and no memory nodes, and takes no process

  private static void fillCpuset(
      HostWrites writes, Place place, String above, List<String> missing, List<Ref> made) {
    List<String> empty = new ArrayList<>(missing);
    String from = missing.isEmpty() ? place.path() : above;
    String cpus = text(from, "/cpuset.cpus");
    String mems = text(from, "/cpuset.mems");
    while ((cpus.isEmpty() || mems.isEmpty()) && !from.equals(place.mountPoint())) {
      empty.add(0, from);
      from = Paths.parent(from);
      cpus = text(from, "/cpuset.cpus");
      mems = text(from, "/cpuset.mems");
    }
    if (empty.isEmpty()) {
      return;
    }
    Batch batch = writes.batch();
    Arg there = made.isEmpty() ? Arg.ZERO : made.getLast();
    Batch.Skip skip = batch.skip("was it made", there, Batch.When.FAILED, 0);
    for (String path : empty) {
      writes.write(path + "/cpuset.cpus", cpus);
      writes.write(path + "/cpuset.mems", mems);
    }
    batch.endSkip(skip);
  }

  private static String text(String directory, String file) {
    return CgroupFiles.read(directory + file).orElse("");
  }
}
