package dev.carafe.runtime.root;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Batch.Skip;
import dev.carafe.linux.Batch.When;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Mode;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
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
  private final boolean thorough;
  private final List<Skip> stops = new ArrayList<>();
  private final Ref umask;
  private Optional<Existing> existing = Optional.empty();

  Stage(Batch batch, Ref root, boolean thorough) {
    this.thorough = thorough;
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
    existing = Optional.empty();
    if (target.make() && path.parts().size() <= MAX_PARTS) {
      Ref call =
          thorough
              ? makeAll(label, path, target, flags, resolve)
              : makeLast(label, path, target, resolve);
      existing = Optional.of(new Existing(call, !thorough));
    }
    Ref place = calls.tryOpen(label, root, path.relative(), flags, resolve);
    if (existing.isEmpty()) {
      existing = Optional.of(new Existing(place, false));
    }
    stopIf(place);
    return place;
  }

  /**
   * How the answer tells whether a place was there before.
   *
   * @param call the one whose result says so.
   * @param byFailing whether it says so by a failure.
   */
  record Existing(Ref call, boolean byFailing) {
    boolean in(Reply reply) {
      return reply.value(call) < 0 == byFailing;
    }
  }

  /** Returns how the answer tells whether the last place was there; empty if none was opened. */
  Optional<Existing> existing() {
    return existing;
  }

  /** Makes the last part of a path, if no other is missing; most often not even that one is. */
  private Ref makeLast(String label, ContainerPath path, Target target, int resolve) {
    int last = path.parts().size() - 1;
    if (last == 0) {
      return make(label, root, path.name(), !target.directory());
    }
    Ref parent = calls.tryOpen(label, root, path.relative(last), Calls.FIND_DIRECTORY, resolve);
    Skip missing = calls.batch.skip("unless it is there", parent, When.FAILED, 0);
    Ref made = make(label, parent, path.name(), !target.directory());
    calls.close(parent);
    calls.batch.endSkip(missing);
    return made;
  }

  /** Makes what is missing of a path; returns the call that looked for it before. */
  private Ref makeAll(String label, ContainerPath path, Target target, int flags, int resolve) {
    Ref found = calls.tryOpen(label, root, path.relative(), flags, resolve);
    Skip there = calls.batch.skip("unless it is missing", found, When.DIFFERS, -Errno.ENOENT);
    make(label, path, target, resolve);
    calls.batch.endSkip(there);
    Skip missing = calls.batch.skip("unless it is there", found, When.FAILED, 0);
    calls.close(found);
    calls.batch.endSkip(missing);
    return found;
  }

  private void make(String label, ContainerPath path, Target target, int resolve) {
    int count = path.parts().size();
    for (int i = 0; i < count; i++) {
      boolean file = i == count - 1 && !target.directory();
      if (i == 0) {
        Ref _ = make(label, root, path.parts().get(0), file);
        continue;
      }
      Ref parent = calls.tryOpen(label, root, path.relative(i), Calls.FIND_DIRECTORY, resolve);
      Skip missing = calls.batch.skip("unless it is there", parent, When.FAILED, 0);
      Ref _ = make(label, parent, path.parts().get(i), file);
      calls.close(parent);
      calls.batch.endSkip(missing);
    }
  }

  /** Makes one name, if it is missing; whether it worked shows when it is opened. */
  private Ref make(String label, Arg parent, String name, boolean file) {
    return file
        ? calls.makeNode(label, parent, name, Mode.REGULAR | 0644, 0)
        : calls.makeDirectory(label, parent, name, 0755);
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
