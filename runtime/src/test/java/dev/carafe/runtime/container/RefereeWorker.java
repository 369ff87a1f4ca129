package dev.carafe.runtime.container;

import dev.carafe.CarafeException;
import dev.carafe.ContainerBusyException;
import dev.carafe.ContainerExistsException;
import dev.carafe.ContainerNotFoundException;
import dev.carafe.DeleteMode;
import dev.carafe.Signal;
import dev.carafe.WrongStatusException;
import dev.carafe.runtime.state.StateStore;
import dev.carafe.runtime.state.Stores;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A main class: works on the containers of a root at random, and logs what it did and what came of
 * it, one line each: begin, end, operation, id, outcome.
 */
final class RefereeWorker {
  static final int IDS = 8;

  private final Ground ground;
  private final Containers containers;
  private final boolean onLinux;
  private final Path log;
  private final Random random;

  private RefereeWorker(Ground ground, String store, boolean onLinux, Path log, long seed) {
    this.ground = ground;
    this.onLinux = onLinux;
    this.containers = containers(ground, store, onLinux);
    this.log = log;
    this.random = new Random(seed);
  }

  static Containers containers(Ground ground, String store, boolean onLinux) {
    String root = ground.root.toString();
    StateStore kept =
        switch (store) {
          case "good" -> StateStore.at(root);
          case "without looking again" -> Stores.withoutLookingAgain(root);
          case "writing in place" -> Stores.writingInPlace(root);
          case "cleaning up the winner" -> Stores.cleaningUpTheWinner(root);
          default -> throw new IllegalArgumentException(store);
        };
    return onLinux
        ? ground.onLinux(kept)
        : new Containers(kept, new TestPlatform(ground.marks, dev.carafe.runtime.state.Steps.NONE));
  }

  public static void main(String[] args) throws Exception {
    Ground ground = new Ground(Path.of(args[0]));
    boolean onLinux = Boolean.parseBoolean(args[2]);
    int threads = Integer.parseInt(args[3]);
    Path stop = ground.path.resolve("stop");
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < Math.max(threads, 1); i++) {
      RefereeWorker worker =
          new RefereeWorker(
              ground,
              args[1],
              onLinux,
              ground.path.resolve("log-" + args[4] + "-" + i),
              Long.parseLong(args[4]) * 100 + i);
      Thread thread =
          new Thread(() -> {
            do {
              worker.once();
            } while (threads > 0 && !Files.exists(stop));
          });
      thread.start();
      all.add(thread);
    }
    for (Thread each : all) {
      each.join();
    }
  }

  private void once() {
    String id = "c" + random.nextInt(IDS);
    int dice = random.nextInt(100);
    String operation =
        dice < 22
            ? "create"
            : dice < 52
                ? "start"
                : dice < 64
                    ? "kill"
                    : dice < 78 ? "delete" : dice < 85 ? "force" : dice < 95 ? "load" : "list";
    long begin = System.nanoTime();
    String outcome = outcome(operation, id);
    write(begin + " " + System.nanoTime() + " " + operation + " " + id + " " + outcome + "\n");
  }

  private String outcome(String operation, String id) {
    try {
      return perform(operation, id);
    } catch (ContainerNotFoundException e) {
      return "missing";
    } catch (ContainerExistsException e) {
      return "exists";
    } catch (WrongStatusException e) {
      return "status";
    } catch (ContainerBusyException e) {
      return "busy " + e.getMessage();
    } catch (CarafeException e) {
      StringBuilder all = new StringBuilder("failed " + e.getClass().getSimpleName());
      all.append(' ').append(e.getMessage());
      for (Throwable each : e.getSuppressed()) {
        all.append(" AND NOT UNDONE: ").append(each);
      }
      return all.toString().replace('\n', ' ');
    } catch (RuntimeException | Error e) {
      return "broken " + e + " at " + List.of(e.getStackTrace()).toString();
    }
  }

  private String perform(String operation, String id) {
    switch (operation) {
      case "create" -> {
        try (ContainerHandle made =
            containers.create(onLinux ? ground.linuxRequest(id) : ground.request(id))) {
          return "done " + made.instance();
        }
      }
      case "start" -> containers.load(Ground.id(id)).start();
      case "kill" ->
          containers
              .load(Ground.id(id))
              .kill(List.of(Signal.KILL, Signal.TERM, Signal.of(0)).get(random.nextInt(3)));
      case "delete" -> containers.delete(Ground.id(id), DeleteMode.STOPPED);
      case "force" -> containers.delete(Ground.id(id), DeleteMode.FORCE);
      case "load" -> {
        return "done " + containers.load(Ground.id(id)).status();
      }
      default -> {
        var listing = containers.list();
        return listing.problems().isEmpty() ? "done" : "broken " + listing.problems();
      }
    }
    return "done";
  }

  private void write(String line) {
    try {
      Path ignored =
          Files.write(
              log,
              line.getBytes(StandardCharsets.UTF_8),
              StandardOpenOption.CREATE,
              StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
