package dev.carafe.spec;

/**
 * Says that a document is not what the spec asks for, and where.
 *
 * <p>The message has the form {@code config.json:12:7: $.process.rlimits[0].soft: problem}. What
 * was not read from a file has no file, line and column.
 */
public final class SpecException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String path;
  private final String problem;

  /** Makes one for a document that did not come from a file. */
  public SpecException(String path, String problem) {
    super(path + ": " + problem);
    this.path = path;
    this.problem = problem;
  }

  /** Makes one for a place in a file; line and column count from 1. */
  public SpecException(String file, int line, int column, String path, String problem) {
    super(file + ":" + line + ":" + column + ": " + path + ": " + problem);
    this.path = path;
    this.problem = problem;
  }

  /** Returns the JSON path of the place, such as {@code $.process.args[0]}. */
  public String path() {
    return path;
  }

  /** Returns what is wrong there. */
  public String problem() {
    return problem;
  }
}
