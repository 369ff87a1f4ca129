package dev.carafe.runtime.root;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Data;
import dev.carafe.linux.Executor;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Mount;
import dev.carafe.linux.OsString;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Syscall;
import java.util.ArrayList;
import java.util.List;

/**
 * A root that is the host's file system under an overlay. What the container writes lies in a tmpfs
 * of its own mount namespace, and is gone with it.
 */
final class HostOverlay {
  private static final String LABEL = "mount an overlay over the host's file system";
  private static final int LOG_LINE = 512;

  private HostOverlay() {}

  /**
   * Mounts the overlay on top of the root that the agent sees.
   *
   * @param calls what is done before; it is run
   */
  static Ref mount(Executor init, Calls calls) {
    Ref tmpfs = calls.openFileSystem(LABEL, "tmpfs");
    List<Ref> tries = new ArrayList<>();
    tries.add(tmpfs);
    tries.add(calls.configure(LABEL, tmpfs, "mode", "0755"));
    tries.add(calls.configure(LABEL, tmpfs, Mount.CONFIG_CREATE));
    Ref upper = calls.mountFileSystem(LABEL, tmpfs, Attributes.NONE.with(Mount.ATTR_NODEV));
    tries.add(upper);
    // Layers may only be looked up in mounts of this namespace, so the tmpfs gets a place in it,
    // where no path leads: a path starts at the mount below.
    calls.moveOntoRoot(LABEL, upper);
    tries.add(calls.makeDirectory(LABEL, upper, "upper", 0755));
    tries.add(calls.makeDirectory(LABEL, upper, "work", 0755));
    calls.batch.call(LABEL, Syscall.FCHDIR, upper);
    Ref overlay = calls.openFileSystem(LABEL, "overlay");
    tries.add(overlay);
    tries.add(calls.configure(LABEL, overlay, "source", "carafe"));
    tries.add(calls.configure(LABEL, overlay, "lowerdir", "/"));
    tries.add(calls.configure(LABEL, overlay, "upperdir", "upper"));
    tries.add(calls.configure(LABEL, overlay, "workdir", "work"));
    tries.add(calls.configure(LABEL, overlay, Mount.CONFIG_CREATE));
    Ref root = calls.mountFileSystem(LABEL, overlay, Attributes.NONE);
    tries.add(root);
    Data log = calls.batch.space(LOG_LINE);
    Ref length = calls.batch.tryCall("read log", Syscall.READ, overlay, log, Arg.of(LOG_LINE));
    int logOutput = calls.batch.output(log);
    calls.close(overlay);
    calls.close(tmpfs);
    calls.close(upper);
    Reply reply = init.run(calls.batch);
    for (Ref each : tries) {
      long result = reply.value(each);
      if (result < 0) {
        throw new KernelException(
            LABEL + reason(reply, calls, logOutput, reply.value(length)), (int) -result);
      }
    }
    return root;
  }

  private static String reason(Reply reply, Calls calls, int output, long length) {
    byte[] text = new byte[(int) Math.max(0, length)];
    reply.output(calls.batch, output).get(text);
    String message = OsString.decode(text).strip();
    return message.length() > 2 ? " (" + message.substring(2) + ")" : "";
  }
}
