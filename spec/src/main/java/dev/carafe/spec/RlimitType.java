package dev.carafe.spec;

/** The resources of getrlimit(2) (config.md, POSIX process, rlimits). */
public enum RlimitType implements SpecWord {
  /** {@code RLIMIT_AS}. */
  AS("RLIMIT_AS"),
  /** {@code RLIMIT_CORE}. */
  CORE("RLIMIT_CORE"),
  /** {@code RLIMIT_CPU}. */
  CPU("RLIMIT_CPU"),
  /** {@code RLIMIT_DATA}. */
  DATA("RLIMIT_DATA"),
  /** {@code RLIMIT_FSIZE}. */
  FSIZE("RLIMIT_FSIZE"),
  /** {@code RLIMIT_LOCKS}. */
  LOCKS("RLIMIT_LOCKS"),
  /** {@code RLIMIT_MEMLOCK}. */
  MEMLOCK("RLIMIT_MEMLOCK"),
  /** {@code RLIMIT_MSGQUEUE}. */
  MSGQUEUE("RLIMIT_MSGQUEUE"),
  /** {@code RLIMIT_NICE}. */
  NICE("RLIMIT_NICE"),
  /** {@code RLIMIT_NOFILE}. */
  NOFILE("RLIMIT_NOFILE"),
  /** {@code RLIMIT_NPROC}. */
  NPROC("RLIMIT_NPROC"),
  /** {@code RLIMIT_RSS}. */
  RSS("RLIMIT_RSS"),
  /** {@code RLIMIT_RTPRIO}. */
  RTPRIO("RLIMIT_RTPRIO"),
  /** {@code RLIMIT_RTTIME}. */
  RTTIME("RLIMIT_RTTIME"),
  /** {@code RLIMIT_SIGPENDING}. */
  SIGPENDING("RLIMIT_SIGPENDING"),

  /** {@code RLIMIT_STACK}. */
  STACK("RLIMIT_STACK");

  private final String word;

  RlimitType(String word) {
    this.word = word;
  }

  @Override
  public String word() {
    return word;
  }
}
