package dev.carafe.runtime.root;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Syscall;
import java.util.function.Consumer;

/** What the parts of a copy share: the agent that performs it, its name in errors, warnings. */
final class Copying {
  private final String label;
  private final Executor init;
  private final Consumer<String> warnings;

  Copying(String label, Executor init, Consumer<String> warnings) {
    this.label = label;
    this.init = init;
    this.warnings = warnings;
  }

  Calls calls() {
    return new Calls(init.batch());
  }

  /** Runs a batch, which the caller recycles when it has read the reply. */
  Reply run(Calls calls) {
    return init.run(calls.batch);
  }

  /** Returns the words for an error at a path; that of the top is empty. */
  String words(String path) {
    return path.isEmpty() ? label : label + " (" + path + ")";
  }

  Ref open(Calls calls, String path, Arg directory, String name, int flags) {
    return calls.batch.call(
        words(path), Syscall.OPENAT, directory, calls.string(name), Arg.of(flags), Arg.of(0600));
  }

  void warn(String path, String words) {
    warnings.accept(words(path) + words);
  }
}
