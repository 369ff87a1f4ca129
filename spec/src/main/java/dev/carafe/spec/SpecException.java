package dev.carafe.spec;

/**
 * Says that a document is not what the spec asks for, and where.
 *
 * <p>The message has the form {@code config.json:12:7: $.process.rlimits[0].soft: problem}. What
 * was not read from a file has no file, line and column.
 */
public final class SpecException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String message;
  private final String path;
  private final String problem;

  /** Makes one for a document that did not come from a file. */
  public SpecException(String path, String problem) {
    this("", path, problem);
  }

  private SpecException(String place, String path, String problem) {
    String text = place + path + ": " + problem;
    super(text);
    this.message = text;
    this.path = path;
    this.problem = problem;
  }

  /** Makes one for a place in a file; line and column count from 1. */
  public SpecException(String file, int line, int column, String path, String problem) {
    this(file + ":" + line + ":" + column + ": ", path, problem);
  }

  /** Returns the place and what is wrong there. */
  @Override
  public String getMessage() {
    return message;
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
