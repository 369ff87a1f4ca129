package dev.carafe.runtime.root;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Batch.Skip;
import dev.carafe.linux.Batch.When;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Mode;
import dev.carafe.linux.Mount;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Syscall;
import java.util.Optional;

/**
 * Read-only and masked paths (config-linux.md). Each is opened in the root and then mounted on by
 * its descriptor; what is not there is passed over.
 */
final class Masks {
  /** About how many registers a path takes. */
  static final int COST = 24;

  private final Calls calls;
  private final Ref root;
  private final Optional<String> selinux;

  /**
   * Makes it.
   *
   * @param selinux the label of directories that mask others (config-linux.md, Mount Label)
   */
  Masks(Batch batch, Ref root, Optional<String> selinux) {
    this.calls = new Calls(batch);
    this.root = root;
    this.selinux = selinux;
  }

  /**
   * Opens the host's {@code /dev/null}, which masks files. What is opened is looked at, so that no
   * other file can take its place (CVE-2025-31133).
   */
  Ref openNull() {
    String label = "open /dev/null of the host";
    Ref fd = calls.open(label, Arg.CWD, "/dev/null", Calls.FIND, 0);
    calls.checkDevice(label, fd, Mode.CHARACTER, 1, 3, Errno.ENODEV);
    return fd;
  }

  void close(Ref fd) {
    calls.close(fd);
  }

  /** Makes a path read-only, with what is mounted below it. */
  void readOnly(String written) {
    ContainerPath path = ContainerPath.of(written);
    String label = "make " + path + " read-only";
    Ref place = calls.openIfThere(label, root, path.relative(), Calls.FIND, Calls.IN_ROOT);
    Skip missing = skipFailed(place);
    Ref copy = calls.batch.call(label, Syscall.OPEN_TREE, calls.cloneArguments(place, "", true));
    calls.attributes(label, copy, Attributes.READ_ONLY, true);
    calls.move(label, copy, place);
    calls.close(copy);
    calls.close(place);
    calls.batch.endSkip(missing);
  }

  /** Masks a path: a directory with an empty one, all else with the null device. */
  void mask(String written, Ref nullDevice) {
    ContainerPath path = ContainerPath.of(written);
    String label = "mask " + path;
    Ref directory =
        calls.openIfThere(label, root, path.relative(), Calls.FIND_DIRECTORY, Calls.IN_ROOT);
    Skip noDirectory = skipFailed(directory);
    maskDirectory(label, directory);
    calls.batch.endSkip(noDirectory);
    Skip noFile =
        calls.batch.skip("if it is no directory", directory, When.DIFFERS, -Errno.ENOTDIR);
    Ref file = calls.openIfThere(label, root, path.relative(), Calls.FIND, Calls.IN_ROOT);
    Skip missing = skipFailed(file);
    Ref copy =
        calls.batch.call(label, Syscall.OPEN_TREE, calls.cloneArguments(nullDevice, "", false));
    calls.move(label, copy, file);
    calls.close(copy);
    calls.close(file);
    calls.batch.endSkip(missing);
    calls.batch.endSkip(noFile);
  }

  private void maskDirectory(String label, Ref directory) {
    Ref tmpfs =
        calls.batch.call(label, Syscall.FSOPEN, calls.string("tmpfs"), Arg.of(Mount.FS_CLOEXEC));
    if (selinux.isPresent()) {
      calls.batch.call(
          label,
          Syscall.FSCONFIG,
          tmpfs,
          Arg.of(Mount.CONFIG_STRING),
          calls.string("context"),
          calls.string(selinux.get()),
          Arg.ZERO);
    }
    calls.batch.call(
        label, Syscall.FSCONFIG, tmpfs, Arg.of(Mount.CONFIG_CREATE), Arg.ZERO, Arg.ZERO, Arg.ZERO);
    Ref mount =
        calls.batch.call(
            label,
            Syscall.FSMOUNT,
            tmpfs,
            Arg.of(Mount.FS_CLOEXEC),
            Arg.of(Mount.ATTR_RDONLY | Mount.ATTR_NOSUID | Mount.ATTR_NODEV | Mount.ATTR_NOEXEC));
    calls.move(label, mount, directory);
    calls.close(tmpfs);
    calls.close(mount);
    calls.close(directory);
  }

  private Skip skipFailed(Ref call) {
    return calls.batch.skip("unless it is missing", call, When.FAILED, 0);
  }
}
