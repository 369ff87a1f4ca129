/** The command line: a thin client of the public API. */
@org.jspecify.annotations.NullMarked
module dev.carafe.cli {
  requires dev.carafe.runtime;
  requires org.apache.commons.cli;
  requires static org.jspecify;
}
