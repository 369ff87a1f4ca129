package dev.carafe.runtime.root;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Batch.Skip;
import dev.carafe.linux.Batch.When;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Mode;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Syscall;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One batch of steps for the init agent. Where a step may go another way, its call is a {@link
 * #stopIf stop}: if it fails, all that follows in the batch is skipped, and Java decides with the
 * answer. So many steps need one round trip, and the odd case a few.
 */
final class Stage {
  /** Deeper places are made part by part: an agent's registers are not many. */
  static final int MAX_PARTS = 64;

  final Calls calls;
  final Ref root;
  private final List<Skip> stops = new ArrayList<>();
  private final Ref umask;
  private Optional<Ref> found = Optional.empty();

  Stage(Batch batch, Ref root) {
    this.calls = new Calls(batch);
    this.root = root;
    // Modes are meant as they are written.
    this.umask = batch.call("set the umask", Syscall.UMASK, Arg.ZERO);
  }

  /** Lets what follows happen only if {@code call} succeeded. */
  void stopIf(Ref call) {
    stops.add(calls.batch.skip("unless it failed", call, When.FAILED, 0));
  }

  /** Ends the batch. */
  void end() {
    for (Skip stop : stops) {
      calls.batch.endSkip(stop);
    }
    stops.clear();
    calls.batch.call("set the umask", Syscall.UMASK, umask);
  }

  /**
   * Opens a place in the root, which is made if it is missing, and stops if that failed. Links are
   * resolved inside the root. What a dangling link says is not made here: see {@link RootWalker}.
   */
  Ref place(String label, ContainerPath path, Target target) {
    int flags = target.directory() ? Calls.FIND_DIRECTORY : Calls.FIND;
    int resolve = target.followLinks() ? Calls.IN_ROOT : Calls.NO_LINKS;
    if (target.make() && path.parts().size() <= MAX_PARTS) {
      Ref look = calls.tryOpen(label, root, path.relative(), flags, resolve);
      found = Optional.of(look);
      Skip there = calls.batch.skip("unless it is missing", look, When.DIFFERS, -Errno.ENOENT);
      make(label, path, target, resolve);
      calls.batch.endSkip(there);
      Skip missing = calls.batch.skip("unless it is there", look, When.FAILED, 0);
      calls.close(look);
      calls.batch.endSkip(missing);
    }
    Ref place = calls.tryOpen(label, root, path.relative(), flags, resolve);
    if (!target.make() || path.parts().size() > MAX_PARTS) {
      found = Optional.of(place);
    }
    stopIf(place);
    return place;
  }

  /** Returns the call that opened the last place, if it was not made here. */
  Optional<Ref> found() {
    return found;
  }

  private void make(String label, ContainerPath path, Target target, int resolve) {
    int count = path.parts().size();
    for (int i = 0; i < count; i++) {
      boolean file = i == count - 1 && !target.directory();
      if (i == 0) {
        make(label, root, path.parts().get(0), file);
        continue;
      }
      Ref parent = calls.tryOpen(label, root, path.relative(i), Calls.FIND_DIRECTORY, resolve);
      Skip missing = calls.batch.skip("unless it is there", parent, When.FAILED, 0);
      make(label, parent, path.parts().get(i), file);
      calls.close(parent);
      calls.batch.endSkip(missing);
    }
  }

  /** Makes one name, if it is missing; whether it worked shows when it is opened. */
  private void make(String label, Arg parent, String name, boolean file) {
    if (file) {
      Ref ignored = calls.makeNode(label, parent, name, Mode.REGULAR | 0644, 0);
    } else {
      Ref ignored = calls.makeDirectory(label, parent, name, 0755);
    }
  }

  /**
   * What a place must be.
   *
   * @param directory whether it is a directory.
   * @param followLinks whether links may lead to it.
   * @param make whether it is made if it is missing.
   */
  record Target(boolean directory, boolean followLinks, boolean make) {}
}
