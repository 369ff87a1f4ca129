package dev.carafe.runtime.root;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Mount;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Syscall;
import dev.carafe.runtime.root.Stage.Target;

/** Changes a mount that is there. Only what the options name changes, all else stays. */
final class RemountStep extends Step {
  private static final int FSPICK_CLOEXEC = 1;
  private static final int FSPICK_EMPTY_PATH = 8;

  private final MountOptions options;

  RemountStep(ContainerPath path, MountOptions options) {
    super("remount " + path, path, true);
    this.options = options;
  }

  @Override
  int cost() {
    return super.cost() + 2 * (options.data().size() + options.superblock().size());
  }

  @Override
  Target target() {
    return new Target(false, followLinks, false);
  }

  @Override
  void add(Stage stage, Ref place) {
    Calls calls = stage.calls;
    if (!options.bind()) {
      Ref fs =
          calls.batch.call(
              label,
              Syscall.FSPICK,
              place,
              calls.string(""),
              Arg.of(FSPICK_CLOEXEC | FSPICK_EMPTY_PATH));
      for (String flag : options.superblock()) {
        stopIf(stage, calls.configure(label, fs, flag));
      }
      for (String option : options.data()) {
        stopIf(stage, calls.configure(label, fs, option));
      }
      stopIf(stage, calls.configure(label, fs, Mount.CONFIG_RECONFIGURE));
      calls.close(fs);
    }
    calls.attributes(label, place, options.own(), false);
    calls.attributes(label, place, options.tree(), true);
    calls.spread(label, place, options.spread());
    calls.close(place);
  }
}
