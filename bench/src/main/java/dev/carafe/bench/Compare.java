package dev.carafe.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Prints the comparison with runc, crun and the floor. Each row is measured in turn, one run of
 * each after the other, and gives medians and the median of the ratios of runs that belong
 * together.
 */
public final class Compare {
  private static final String CARAFE = "carafe";
  private static final String CRUN = "crun";
  private static final String RUNC = "runc";
  private static final String FLOOR = "floor";
  private static final List<String> CONTESTANTS = List.of(CARAFE, CRUN, RUNC, FLOOR);
  private static final int MANY = 100;

  private final Path work;
  private final String carafe;
  private final int runs;
  private final Commands commands;

  private Compare(Path work, String carafe, int runs) {
    this.work = work;
    this.carafe = carafe;
    this.runs = runs;
    this.commands = new Commands(work.resolve("timer").toString());
  }

  /**
   * Measures and prints.
   *
   * @param args the work directory with the native programs, the {@code carafe} to measure, the
   *     number of runs
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    Compare compare = new Compare(Path.of(args[0]), args[1], Integer.parseInt(args[2]));
    System.out.println("Machine: " + machine());
    System.out.println();
    System.out.println(
        "| milliseconds, median of "
            + args[2]
            + " | carafe | crun | runc | floor | carafe/crun | carafe/runc | carafe/floor |");
    System.out.println("|---|---|---|---|---|---|---|---|");
    Path bundle = Bundle.make(compare.work.resolve("true"), compare.carafe, "/bin/true");
    System.out.println(compare.cold(bundle).markdown(CONTESTANTS));
    System.out.println(compare.warm(bundle).markdown(CONTESTANTS));
    Path sleeper = Bundle.make(compare.work.resolve("sleep"), compare.carafe, "/bin/sleep", "600");
    for (Row row : compare.withMany(sleeper)) {
      System.out.println(row.markdown(CONTESTANTS));
    }
    System.out.println(compare.execs(sleeper).markdown(CONTESTANTS));
  }

  private Row cold(Path bundle) throws IOException, InterruptedException {
    Row row = new Row("`run` of `true`, command line, cold");
    Map<String, List<String>> contest = new LinkedHashMap<>();
    contest.put(CARAFE, run(carafe, "state/carafe", bundle));
    contest.putAll(peers(bundle));
    commands.time(new Row("warm-up"), 2, contest);
    commands.time(row, runs, contest);
    return row;
  }

  private List<String> run(String program, String root, Path bundle) {
    return List.of(
        program,
        "--root",
        work.resolve(root).toString(),
        "run",
        "--bundle",
        bundle.toString(),
        "bench%%");
  }

  private Map<String, List<String>> peers(Path bundle) {
    Map<String, List<String>> peers = new LinkedHashMap<>();
    peers.put(CRUN, run(CRUN, "state/crun", bundle));
    peers.put(RUNC, run(RUNC, "state/runc", bundle));
    peers.put(
        FLOOR, List.of(work.resolve(FLOOR).toString(), bundle.toString(), "bench%%", "/bin/true"));
    return peers;
  }

  private Row warm(Path bundle) throws IOException, InterruptedException {
    Row row = new Row("create + start + wait + delete, API, warm (others: `run`)");
    Map<String, List<String>> peers = peers(bundle);
    WarmContainers ours = new WarmContainers(work.resolve("state/warm"), bundle);
    for (int i = 0; i < 1000; i++) {
      ours.one();
    }
    for (int i = 0; i < runs; i++) {
      row.add(CARAFE, ours.one());
      commands.time(row, 1, peers);
    }
    return row;
  }

  /** Many in a row are one time; so they are measured less often. */
  private Row execs(Path bundle) throws IOException, InterruptedException {
    Row row = new Row(MANY + " `exec true` in a row, cold");
    Map<String, List<String>> contest = new LinkedHashMap<>();
    List<List<String>> cleaning = new ArrayList<>();
    try {
      for (String program : List.of(CARAFE, CRUN, RUNC)) {
        String root = work.resolve("state/exec-" + program).toString();
        List<String> start = List.of(program.equals(CARAFE) ? carafe : program, "--root", root);
        String id = "bench-exec-" + program;
        cleaning.add(with(start, "delete", "--force", id));
        Commands.silently(with(start, "run", "--detach", "--bundle", bundle.toString(), id));
        String loop = "i=0; while [ $i -lt " + MANY + " ]; do \"$@\" || exit; i=$((i + 1)); done";
        List<String> line = new ArrayList<>(List.of("/bin/sh", "-c", loop, "sh"));
        line.addAll(with(start, "exec", id, "/bin/true"));
        contest.put(program, line);
      }
      commands.time(row, Math.max(3, runs / 10), contest);
      return row;
    } finally {
      remove(cleaning);
    }
  }

  private List<Row> withMany(Path bundle) throws IOException, InterruptedException {
    Map<String, List<String>> programs = new LinkedHashMap<>();
    programs.put(CARAFE, List.of(carafe, "--root", work.resolve("state/many-carafe").toString()));
    programs.put(CRUN, List.of(CRUN, "--root", work.resolve("state/many-crun").toString()));
    programs.put(RUNC, List.of(RUNC, "--root", work.resolve("state/many-runc").toString()));
    List<List<String>> cleaning = new ArrayList<>();
    try {
      for (Map.Entry<String, List<String>> program : programs.entrySet()) {
        for (int i = 0; i < MANY; i++) {
          String id = "bench-" + program.getKey() + "-" + i;
          cleaning.add(with(program.getValue(), "delete", "--force", id));
          Commands.silently(with(program.getValue(), "create", "--bundle", bundle.toString(), id));
        }
      }
      Row state = new Row("`state` with " + MANY + " containers, cold");
      Row list = new Row("`list` of " + MANY + " containers, cold");
      Map<String, List<String>> states = new LinkedHashMap<>();
      Map<String, List<String>> lists = new LinkedHashMap<>();
      for (Map.Entry<String, List<String>> program : programs.entrySet()) {
        states.put(
            program.getKey(),
            with(program.getValue(), "state", "bench-" + program.getKey() + "-50"));
        lists.put(program.getKey(), with(program.getValue(), "list"));
      }
      commands.time(state, runs, states);
      commands.time(list, runs, lists);
      return List.of(state, list);
    } finally {
      remove(cleaning);
    }
  }

  private static void remove(List<List<String>> cleaning) throws InterruptedException {
    for (List<String> command : cleaning) {
      try {
        Commands.silently(command);
      } catch (IOException e) {
        System.err.println(e.getMessage());
      }
    }
  }

  private static List<String> with(List<String> program, String... arguments) {
    List<String> line = new ArrayList<>(program);
    line.addAll(List.of(arguments));
    return line;
  }

  private static String machine() {
    try {
      String model =
          Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
              .filter(line -> line.startsWith("model name"))
              .findFirst()
              .map(line -> line.substring(line.indexOf(':') + 2))
              .orElse("unknown processor");
      return Runtime.getRuntime().availableProcessors()
          + " x "
          + model
          + ", Linux "
          + System.getProperty("os.version")
          + ", JDK "
          + Runtime.version();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
