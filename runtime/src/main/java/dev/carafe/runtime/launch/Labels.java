package dev.carafe.runtime.launch;

import dev.carafe.InvalidConfigException;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Open;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Sys;
import dev.carafe.spec.Process;

/**
 * What AppArmor and SELinux are told of the program (config.md, apparmorProfile and selinuxLabel),
 * by files of the process itself that take effect at its next exec. A write that lands elsewhere
 * would leave the program unconfined (CVE-2019-16884, CVE-2025-52881): so the files are opened
 * beneath a directory that is the root of a proc file system, with nothing mounted between.
 *
 * <p>Where the kernel has no AppArmor or no SELinux, a label is an error, as with runc.
 */
final class Labels {
  /** {@code /proc/self} is a link, but one that is a name. */
  private static final int BENEATH =
      Open.RESOLVE_BENEATH | Open.RESOLVE_NO_MAGICLINKS | Open.RESOLVE_NO_XDEV;

  private Labels() {}

  /** Refuses an SELinux label where there is no SELinux, in runc's words. */
  static void check(Process process) {
    if (process.selinuxLabel().filter(l -> !l.isEmpty()).isPresent()
        && Sys.statIfThere(Fd.CWD, "/sys/fs/selinux/enforce", 0).isEmpty()) {
      throw new InvalidConfigException(
          "selinux label is specified in config, but selinux is disabled or not supported");
    }
  }

  /** Adds what labels the program. The agent still sees a proc file system that has it. */
  static void add(Batch batch, Process process) {
    String profile = process.apparmorProfile().orElse("");
    String label = process.selinuxLabel().orElse("");
    if (profile.isEmpty() && label.isEmpty()) {
      return;
    }
    Calls calls = new Calls(batch);
    Ref proc = VerifiedProc.open(calls, "set labels");
    if (!label.isEmpty()) {
      String what = "set the SELinux label " + label;
      Ref file = calls.openat2(what, proc, "self/attr/exec", Open.WRONLY, 0, BENEATH);
      calls.write(what, file, label);
      calls.close(what, file);
    }
    if (!profile.isEmpty()) {
      apparmor(batch, proc, profile);
    }
    calls.close("close /proc", proc);
  }

  private static void apparmor(Batch batch, Ref proc, String profile) {
    Calls calls = new Calls(batch);
    String what =
        "unable to apply apparmor profile "
            + profile
            + " (AppArmor must be on, and have loaded it)";
    // The directory is newer than AppArmor; before, the file was shared with others.
    Ref own =
        calls.trying().openat2(what, proc, "self/attr/apparmor/exec", Open.WRONLY, 0, BENEATH);
    Batch.Skip none = batch.skip("if there is none", own, Batch.When.FAILED, 0);
    write(calls, what, own, profile);
    batch.endSkip(none);
    Batch.Skip done = batch.skip("if there was one", own, Batch.When.OK, 0);
    write(
        calls, what, calls.openat2(what, proc, "self/attr/exec", Open.WRONLY, 0, BENEATH), profile);
    batch.endSkip(done);
  }

  private static void write(Calls calls, String what, Ref file, String profile) {
    calls.write(what, file, "exec " + profile);
    calls.close(what, file);
  }

  /** What is made from here on until {@link #endKeys} has the label: a session keyring. */
  static void beginKeys(Batch batch, Process process) {
    keys(batch, process, process.selinuxLabel().orElse(""));
  }

  /** Ends what {@link #beginKeys} began. */
  static void endKeys(Batch batch, Process process) {
    keys(batch, process, "\n");
  }

  private static void keys(Batch batch, Process process, String text) {
    if (process.selinuxLabel().orElse("").isEmpty()) {
      return;
    }
    String what = "set the SELinux label of new keys";
    Calls calls = new Calls(batch);
    Ref proc = VerifiedProc.open(calls, "set labels");
    Ref file = calls.openat2(what, proc, "self/attr/keycreate", Open.WRONLY, 0, BENEATH);
    calls.write(what, file, text);
    calls.close(what, file);
    calls.close("close /proc", proc);
  }
}
