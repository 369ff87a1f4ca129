package dev.carafe.runtime.container;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.carafe.CarafeException;
import dev.carafe.Status;
import dev.carafe.linux.KernelException;
import dev.carafe.runtime.state.SeenContainer;
import dev.carafe.runtime.state.StateStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Watches a root from outside while others work on it, and judges what they say they did. Its
 * rules:
 *
 * <ol>
 *   <li>never two live processes in the cgroup of one id;
 *   <li>a state file is whole, of its id, and in words that an operation writes;
 *   <li>the status of one container never goes back: creating, created, running, stopped;
 *   <li>an operation fails only for a reason that it may have, and never by waiting in vain;
 *   <li>between two containers of one id lies a delete, and before each delete a create;
 *   <li>a container is started once, and goes after that only if somebody has killed it.
 * </ol>
 *
 * <p>An operation's outcome is one of these words, and what is after it:
 *
 * <ul>
 *   <li>{@code done}, and which container it was, where that is known;
 *   <li>{@code maybe}: a forced delete that does not say whether there was a container;
 *   <li>{@code missing}, {@code exists}, {@code status}: there was none, there was one, or it was
 *       in another status;
 *   <li>{@code busy}, {@code failed}, {@code broken}, and why.
 * </ul>
 */
final class Referee {
  private static final int ENOUGH = 20;

  private final Ground ground;
  private final boolean onLinux;
  private final StateStore store;
  private final Observer observer;
  private final TreeSet<String> violations = new TreeSet<>();
  private final Map<String, Status> last = new HashMap<>();
  private long looks;

  Referee(Ground ground, boolean onLinux) {
    this.ground = ground;
    this.onLinux = onLinux;
    this.store = StateStore.at(ground.root.toString());
    this.observer = new Observer(platform());
  }

  private Platform platform() {
    return onLinux
        ? NativePlatform.ofThisJvm()
        : new TestPlatform(ground.marks, dev.carafe.runtime.state.Steps.NONE);
  }

  /** Looks at every id once. */
  void look() {
    for (int i = 0; i < RefereeWorker.IDS; i++) {
      String id = "c" + i;
      lookAtProcesses(id);
      lookAtFile(id);
      lookAtStatus(id);
      looks++;
    }
  }

  private void violation(String text) {
    if (violations.size() < ENOUGH) {
      boolean ignored = violations.add(text);
    }
  }

  private void lookAtProcesses(String id) {
    List<Integer> live = ground.inCgroups(id);
    if (live.size() > 1) {
      // A look goes from hierarchy to hierarchy, and meanwhile one container may have gone and the
      // next have come. What is there before and after some moment was there in that moment.
      live = new ArrayList<>(live);
      boolean ignored = live.retainAll(ground.inCgroups(id));
    }
    if (live.size() > 1) {
      violation("rule 1: " + id + " has the processes " + live);
    }
  }

  private void lookAtFile(String id) {
    Path directory = ground.root.resolve("containers").resolve(id);
    for (Path file : stateFiles(directory)) {
      byte[] text;
      try {
        text = Files.readAllBytes(file);
      } catch (NoSuchFileException e) {
        continue; // renamed since it was listed
      } catch (IOException e) {
        violation("rule 2: " + e);
        continue;
      }
      String problem = problem(id, text);
      if (!problem.isEmpty()) {
        violation("rule 2: " + id + ": " + problem);
      }
    }
  }

  private static List<Path> stateFiles(Path directory) {
    try (Stream<Path> all = Files.list(directory)) {
      return all.filter(
              each -> {
                String name = each.getFileName().toString();
                return name.equals("state.json") || name.startsWith("deleting-");
              })
          .toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException | UncheckedIOException e) {
      return List.of(); // moved away while it was listed
    }
  }

  private static String problem(String id, byte[] text) {
    try {
      JsonElement element = JsonParser.parseString(new String(text, StandardCharsets.UTF_8));
      if (!element.isJsonObject()) {
        return "no object: " + new String(text, StandardCharsets.UTF_8);
      }
      JsonObject state = element.getAsJsonObject();
      String transition = state.get("transition").getAsString();
      boolean owned = state.has("transitionOwner");
      if (!state.get("id").getAsString().equals(id)) {
        return "it is of " + state.get("id");
      }
      if (!Set.of("none", "creating", "starting").contains(transition)
          || owned == transition.equals("none")
          || (!state.has("init") && !transition.equals("creating"))
          || (transition.equals("starting") && !state.get("started").getAsBoolean())) {
        return "no operation writes " + state;
      }
      return "";
    } catch (JsonParseException | NullPointerException e) {
      return e + " in " + new String(text, StandardCharsets.UTF_8);
    }
  }

  private void lookAtStatus(String id) {
    try {
      Optional<SeenContainer> seen = store.look(id);
      if (seen.isEmpty()) {
        return;
      }
      try (SeenContainer container = seen.get()) {
        String instance = container.state().instance();
        Status status = observer.look(container).status();
        Status before = last.put(instance, status);
        if (before != null && rank(status) < rank(before)) {
          violation("rule 3: " + id + " " + instance + " was " + before + ", is " + status);
        }
      }
    } catch (CarafeException | KernelException e) {
      violation("rule 2: " + e.getMessage());
    }
  }

  private static int rank(Status status) {
    return switch (status) {
      case CREATING -> 0;
      case CREATED -> 1;
      case RUNNING, PAUSED -> 2;
      case STOPPED -> 3;
    };
  }

  // ---- what the workers say

  /** One operation of a worker. */
  private record Line(
      String worker, long begin, long end, String operation, String id, String outcome) {
    boolean done() {
      return outcome.startsWith("done");
    }

    boolean overlaps(Line other) {
      return begin <= other.end && other.begin <= end;
    }

    boolean deletes() {
      return operation.equals("delete") || operation.equals("force");
    }

    /** Returns which container it was; empty if that is not known. */
    String instance() {
      return done() ? outcome.substring("done".length()).strip() : "";
    }
  }

  /** Judges by the logs; returns all violations that were seen. */
  List<String> judge() throws IOException {
    List<Line> lines = read();
    for (int i = 0; i < RefereeWorker.IDS; i++) {
      String id = "c" + i;
      List<Line> mine = lines.stream().filter(each -> each.id.equals(id)).toList();
      judgeFailures(mine);
      judgeOrder(id, mine);
      judgeStarts(mine);
    }
    return List.copyOf(violations);
  }

  private List<Line> read() throws IOException {
    List<Line> lines = new ArrayList<>();
    try (Stream<Path> files = Files.list(ground.path)) {
      for (Path log : files.filter(each -> each.toString().contains("/log-")).toList()) {
        for (String line : whole(log)) {
          String[] parts = line.split(" ", 5);
          lines.add(
              new Line(
                  log.getFileName().toString(),
                  Long.parseLong(parts[0]),
                  Long.parseLong(parts[1]),
                  parts[2],
                  parts[3],
                  parts[4]));
        }
      }
    }
    return lines;
  }

  /** Returns the lines that are there to their end. */
  private static List<String> whole(Path log) throws IOException {
    String text = Files.readString(log);
    return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
  }

  private void judgeFailures(List<Line> lines) {
    for (Line line : lines) {
      if (line.outcome.startsWith("broken") || line.outcome.startsWith("busy")) {
        violation("rule 4: " + line.operation + " " + line.id + ": " + line.outcome);
      } else if (line.outcome.startsWith("failed")) {
        // Only a start or a create may fail, and only when somebody ended its container meanwhile.
        boolean may =
            (line.operation.equals("create") || line.operation.equals("start"))
                && !line.outcome.contains("AND NOT UNDONE")
                && !line.outcome.contains("UnreadableState")
                && lines.stream().anyMatch(each -> ends(each) && each.overlaps(line));
        if (!may) {
          violation("rule 4: " + line.operation + " " + line.id + ": " + line.outcome);
        }
      }
    }
  }

  private static boolean ends(Line line) {
    return line.deletes() || line.operation.equals("kill");
  }

  /** Counts creates and deletes of one id along the time, each at the end that hurts most. */
  private void judgeOrder(String id, List<Line> lines) {
    List<long[]> events = new ArrayList<>();
    for (Line line : lines) {
      boolean failedCreate = line.operation.equals("create") && line.outcome.startsWith("failed");
      if (line.operation.equals("create") && line.done()) {
        // A container was there at its end at the latest, and not before its begin.
        events.add(new long[] {line.end, 1, 0});
        events.add(new long[] {line.begin, 0, 1});
      } else if (failedCreate) {
        events.add(new long[] {line.begin, 0, 1});
      } else if (line.deletes() && line.done()) {
        events.add(new long[] {line.begin, -1, 0});
        events.add(new long[] {line.end, 0, -1});
      } else if (line.outcome.startsWith("maybe")) {
        events.add(new long[] {line.begin, -1, 0});
      }
    }
    events.sort(Comparator.comparingLong(each -> each[0]));
    long surely = 0;
    long possibly = 0;
    for (long[] each : events) {
      surely += each[1];
      possibly += each[2];
      if (surely > 1) {
        violation("rule 5: two creates of " + id + " succeeded without a delete between");
      }
      if (possibly < 0) {
        violation("rule 5: a delete of " + id + " succeeded without a create before");
      }
    }
  }

  /** Looks at the containers of one id whose start is known to have succeeded. */
  private void judgeStarts(List<Line> lines) {
    Map<String, Line> starts = new HashMap<>();
    for (Line line : lines) {
      if (line.operation.equals("start") && !line.instance().isEmpty()) {
        Line other = starts.put(line.instance(), line);
        if (other != null) {
          violation("rule 6: started twice: " + other + " and " + line);
        }
      }
    }
    for (Line line : lines) {
      Line start = line.operation.equals("delete") ? starts.get(line.instance()) : null;
      if (start != null && lines.stream().noneMatch(each -> mayEnd(each, start, line))) {
        violation("rule 6: nobody killed what was deleted: " + start + " and " + line);
      }
    }
  }

  /** Whether an operation may have ended what was started before it was deleted. */
  private static boolean mayEnd(Line line, Line start, Line delete) {
    boolean then = line.begin <= delete.end && start.begin <= line.end;
    boolean that = line.instance().isEmpty() || line.instance().equals(start.instance());
    return then
        && that
        && (line.operation.equals("force") || (line.operation.equals("kill") && line.done()));
  }

  /** Says what was done, to show that it was something. */
  String summary() throws IOException {
    Map<String, Map<String, Integer>> counts = new HashMap<>();
    int calls = 0;
    for (Line line : read()) {
      calls += line.worker.contains("program") ? 1 : 0;
      String outcome = line.outcome.split(" ", 2)[0];
      int ignored =
          counts
              .computeIfAbsent(line.operation, each -> new HashMap<>())
              .merge(outcome, 1, Integer::sum);
    }
    EnumMap<Status, Integer> ends = new EnumMap<>(Status.class);
    for (Status each : last.values()) {
      int ignored = ends.merge(each, 1, Integer::sum);
    }
    return counts
        + ", "
        + calls
        + " of them calls of the program, "
        + looks
        + " looks, containers last seen "
        + ends;
  }
}
