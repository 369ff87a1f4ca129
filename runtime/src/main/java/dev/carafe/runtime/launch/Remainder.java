package dev.carafe.runtime.launch;

import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Prctl;
import dev.carafe.runtime.hook.HookRunner;
import dev.carafe.runtime.seccomp.Filter;
import dev.carafe.spec.HookKind;
import dev.carafe.spec.OciState;
import dev.carafe.spec.Process;
import dev.carafe.spec.Rlimit;
import dev.carafe.spec.Spec;
import dev.carafe.spec.User;
import java.util.List;
import java.util.Optional;

/**
 * What is left of a launch when the container is created: all of it is in the first process's
 * memory, so that nothing that happens to the bundle or to its creator until the start counts.
 */
final class Remainder {
  /** What runc sets where the spec says nothing. */
  static final int UMASK = 0022;

  private static final int CLOSE_RANGE_CLOEXEC = 4;

  private final Spec spec;
  private final Process process;
  private final LaunchOptions options;
  private final CapabilityPlan capabilities;
  private final Optional<Filter> filter;
  private final List<String> environment;
  private final String program;
  private final OciState state;

  Remainder(
      Spec spec,
      LaunchOptions options,
      CapabilityPlan capabilities,
      Optional<Filter> filter,
      List<String> environment,
      String program,
      OciState state) {
    this.spec = spec;
    this.process = spec.process().orElseThrow();
    this.options = options;
    this.capabilities = capabilities;
    this.filter = filter;
    this.environment = environment;
    this.program = program;
    this.state = state;
  }

  /**
   * Returns the batch. The order is of moment:
   *
   * <ul>
   *   <li>All that makes the container's program less than the runtime comes before the
   *       startContainer hooks: their programs may be the image's, and must get no more than the
   *       container's own.
   *   <li>Limits come late, lest they fail what is before them.
   *   <li>The seccomp filter comes last of all but the exec, which it may forbid nothing before.
   * </ul>
   *
   * @param late the working directory, if it is entered only as the user
   */
  Batch batch(Executor init, Optional<WorkingDirectory> late, boolean mayChangeGroups) {
    Batch batch = init.batch();
    Calls calls = new Calls(batch);
    capabilities.addBounding(batch);
    user(calls, mayChangeGroups);
    calls.umask("set the file mode mask", (int) process.user().umask().orElse(UMASK));
    if (process.noNewPrivileges()) {
      calls.prctl("set no_new_privs", Prctl.SET_NO_NEW_PRIVS, 1);
    }
    late.ifPresent(directory -> directory.addEnterAsUser(batch));
    capabilities.addRest(batch, filter.isPresent() && !process.noNewPrivileges());
    if (!spec.hooks().startContainer().isEmpty()) {
      filter.ifPresent(f -> f.addForPrograms(batch));
    }
    HookRunner.addInContainer(
        batch, HookKind.START_CONTAINER, spec.hooks().startContainer(), state, environment);
    for (Rlimit each : process.rlimits()) {
      calls.prlimit64(
          HostSideLimits.label(each), CallerWorld.number(each.type()), each.soft(), each.hard());
    }
    calls.closeRange(
        "close all other descriptors at the exec",
        3 + options.preserveFds(),
        -1,
        CLOSE_RANGE_CLOEXEC);
    filter.ifPresent(f -> f.addLoad(batch));
    // A command that somebody has typed does not know what a first process must do.
    boolean underInit = options.hostOverlayRoot();
    calls.exec("exec " + program, program, process.args(), environment, underInit);
    return batch;
  }

  private void user(Calls calls, boolean mayChangeGroups) {
    User user = process.user();
    if (user.uid() != 0) {
      calls.prctl("keep the permitted capabilities", Prctl.SET_KEEPCAPS, 1);
    }
    // user_namespaces(7): where setgroups is denied, nobody asked for groups either.
    if (mayChangeGroups || !user.additionalGids().isEmpty()) {
      calls.setgroups("set the additional groups", groups(user));
    }
    calls.setresgid("become group " + user.gid(), user.gid());
    calls.setresuid("become user " + user.uid(), user.uid());
  }

  static long[] groups(User user) {
    long[] gids = new long[user.additionalGids().size()];
    for (int i = 0; i < gids.length; i++) {
      gids[i] = user.additionalGids().get(i);
    }
    return gids;
  }
}
