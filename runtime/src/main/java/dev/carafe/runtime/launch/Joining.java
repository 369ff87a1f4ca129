package dev.carafe.runtime.launch;

import dev.carafe.CarafeException;
import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Open;
import dev.carafe.linux.Prctl;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Stat;
import dev.carafe.linux.Sys;
import dev.carafe.spec.Namespace;
import dev.carafe.spec.NamespaceType;
import java.util.ArrayList;
import java.util.List;

/** The namespaces that a launch joins, opened on the host's side. */
final class Joining implements AutoCloseable {
  /** {@code ioctl}: which kind of namespace a descriptor is of. */
  private static final long NS_GET_NSTYPE = 0xb703;

  private final List<Namespace> joined = new ArrayList<>();
  private final List<Fd> fds = new ArrayList<>();

  private Joining() {}

  /** Opens them, so that their paths are looked up where the caller is. */
  static Joining open(Executor host, List<Namespace> namespaces) {
    Joining joining = new Joining();
    if (namespaces.isEmpty()) {
      return joining;
    }
    Batch batch = host.batch();
    Calls calls = new Calls(batch);
    List<Ref> types = new ArrayList<>();
    for (Namespace each : namespaces) {
      String label = "open the " + each.type().word() + " namespace " + path(each);
      Ref fd = calls.sending().openat(label, Arg.CWD, path(each), Open.RDONLY, 0);
      types.add(calls.trying().ioctl("ask for the kind of " + path(each), fd, NS_GET_NSTYPE, 0));
    }
    Reply reply = host.run(batch);
    joining.fds.addAll(reply.descriptors());
    try {
      joining.take(namespaces, types, reply);
    } catch (RuntimeException e) {
      joining.close();
      throw e;
    }
    return joining;
  }

  private void take(List<Namespace> namespaces, List<Ref> types, Reply reply) {
    int at = 0;
    for (int i = 0; i < namespaces.size(); i++) {
      Namespace each = namespaces.get(i);
      long type = reply.value(types.get(i));
      // 0 is the answer of a plan.
      if (type != 0 && type != NamespacePlan.flag(each.type())) {
        throw new CarafeException(
            "cannot join the "
                + each.type().word()
                + " namespace "
                + path(each)
                + ": it is not one; correct its path in linux.namespaces");
      }
      if (each.type() == NamespaceType.USER && isOurs(fds.get(at))) {
        // The kernel answers EINVAL to who is in it already.
        fds.remove(at).close();
      } else {
        joined.add(each);
        at++;
      }
    }
  }

  private static boolean isOurs(Fd fd) {
    Stat own = Sys.statx(Fd.CWD, "/proc/thread-self/ns/user", 0);
    return own.sameFile(Sys.stat(fd));
  }

  /** Returns the descriptors to pass with the batch that {@link #add} is called for. */
  Fd[] fds() {
    return fds.toArray(new Fd[0]);
  }

  boolean isEmpty() {
    return fds.isEmpty();
  }

  /** Tells whether a user namespace is joined that is not the caller's own. */
  boolean joinsUser() {
    return !joined.isEmpty() && joined.getLast().type() == NamespaceType.USER;
  }

  /**
   * Adds what joins them. A namespace may belong to the caller's user namespace or to the one that
   * is joined, and only there is the right to join it: so each is tried before, and if that failed
   * again after.
   */
  void add(Batch batch, Ref[] passed) {
    if (joined.isEmpty()) {
      return;
    }
    Calls calls = new Calls(batch);
    // Processes that are there already must not look into an agent that still has what is the
    // host's (CVE-2016-9962).
    calls.prctl("be not dumpable", Prctl.SET_DUMPABLE, 0);
    boolean user = joinsUser();
    Ref[] tried = new Ref[joined.size()];
    for (int i = 0; i < joined.size(); i++) {
      Namespace each = joined.get(i);
      boolean last = each.type() == NamespaceType.USER;
      tried[i] = (user && !last ? calls.trying() : calls).setns(label(each), passed[i], flag(each));
    }
    for (int i = 0; user && i < joined.size() - 1; i++) {
      Batch.Skip done = batch.skip("if it was joined", tried[i], Batch.When.OK, 0);
      Namespace each = joined.get(i);
      calls.setns(label(each) + " from the user namespace", passed[i], flag(each));
      batch.endSkip(done);
    }
    for (int i = 0; i < joined.size(); i++) {
      calls.close("close the namespace", passed[i]);
    }
  }

  private static long flag(Namespace namespace) {
    return NamespacePlan.flag(namespace.type());
  }

  private static String label(Namespace namespace) {
    return "join the " + namespace.type().word() + " namespace " + path(namespace);
  }

  private static String path(Namespace namespace) {
    return namespace.path().orElseThrow();
  }

  @Override
  public void close() {
    for (Fd fd : fds) {
      fd.close();
    }
  }
}
