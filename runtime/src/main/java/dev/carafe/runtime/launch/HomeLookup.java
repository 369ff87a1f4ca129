package dev.carafe.runtime.launch;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Calls;
import dev.carafe.linux.Data;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Open;
import dev.carafe.linux.OsString;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.spec.Process;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Finds the user's home directory in the container's own passwd file, as runc does. */
final class HomeLookup {
  private static final String LABEL = "look for the user's home in /etc/passwd";
  private static final int FIRST = 4096;
  private static final int MOST = 1024 * 1024;

  private final long uid;
  private Optional<Asked> asked = Optional.empty();

  private record Asked(Ref size, int output) {}

  private HomeLookup(long uid) {
    this.uid = uid;
  }

  /** Returns a look-up if the environment does not name a home. */
  static Optional<HomeLookup> ifNeeded(Process process) {
    Optional<String> home = Environment.get(process.env(), "HOME");
    return home.isPresent() && !home.get().isEmpty()
        ? Optional.empty()
        : Optional.of(new HomeLookup(process.user().uid()));
  }

  /** Adds the reading; the agent is at the container's root. The file may be anything at all. */
  void add(Batch batch) {
    asked = Optional.of(read(batch, FIRST));
  }

  private static Asked read(Batch batch, int most) {
    Calls calls = new Calls(batch).trying();
    int flags = Open.RDONLY | Open.NONBLOCK | Open.NOCTTY;
    Ref file = calls.openat2(LABEL, Arg.CWD, "/etc/passwd", flags, 0, Open.RESOLVE_IN_ROOT);
    Batch.Skip none = batch.skip("if there is none", file, Batch.When.FAILED, 0);
    Data text = batch.space(most);
    Ref size = calls.read(LABEL, file, text);
    calls.close("close /etc/passwd", file);
    batch.endSkip(none);
    return new Asked(size, batch.output(text));
  }

  /** Returns the home directory; {@code /} if the file does not say. */
  String result(Executor init, Batch batch, Reply reply) {
    Optional<String> home = Environment.home(text(asked.orElseThrow(), batch, reply), uid);
    if (home.isEmpty() && reply.value(asked.orElseThrow().size()) == FIRST) {
      Batch again = init.batch();
      Asked whole = read(again, MOST);
      home = Environment.home(text(whole, again, init.run(again)), uid);
    }
    return home.filter(h -> !h.isEmpty()).orElse("/");
  }

  private static String text(Asked asked, Batch batch, Reply reply) {
    int size = (int) Math.max(0, reply.value(asked.size()));
    ByteBuffer bytes = reply.output(batch, asked.output());
    byte[] read = new byte[Math.min(size, bytes.remaining())];
    bytes.get(read);
    return OsString.decode(read);
  }
}
