/** The container layer; package {@code dev.carafe} is the public API. */
@org.jspecify.annotations.NullMarked
module dev.carafe.runtime {
  requires transitive dev.carafe.spec;
  requires dev.carafe.linux;
  requires static transitive org.jspecify;

  exports dev.carafe;
  exports dev.carafe.runtime.container to
      dev.carafe.cli,
      dev.carafe.bench;
  exports dev.carafe.runtime.state to
      dev.carafe.cli,
      dev.carafe.bench;
}
