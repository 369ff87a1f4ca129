/** The command line: a thin client of the public API. */
@org.jspecify.annotations.NullMarked
module dev.carafe.cli {
  requires dev.carafe.linux;
  requires dev.carafe.runtime;
  requires static org.jspecify;
}
