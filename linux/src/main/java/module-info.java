/** What Linux offers, typed: system calls, owned file descriptors, batches and the agent. */
@org.jspecify.annotations.NullMarked
module dev.carafe.linux {
  requires static transitive org.jspecify;

  exports dev.carafe.linux;
}
