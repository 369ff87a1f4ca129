package dev.carafe.runtime.container;

import dev.carafe.CarafeException;
import dev.carafe.ContainerBusyException;
import dev.carafe.ContainerExistsException;
import dev.carafe.ContainerNotFoundException;
import dev.carafe.DeleteMode;
import dev.carafe.Signal;
import dev.carafe.WrongStatusException;
import dev.carafe.runtime.state.StateStore;
import dev.carafe.runtime.state.Steps;
import dev.carafe.runtime.state.Stores;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A main class: threads that work through the API. */
final class ApiWorker extends RefereeWorker {
  private final Ground ground;
  private final Containers containers;
  private final boolean onLinux;

  private ApiWorker(Ground ground, String store, boolean onLinux, String name, long seed) {
    super(ground, name, seed);
    this.ground = ground;
    this.onLinux = onLinux;
    this.containers = containers(ground, store, onLinux);
  }

  static Containers containers(Ground ground, String store, boolean onLinux) {
    String root = ground.root.toString();
    StateStore kept =
        switch (store) {
          case "good" -> StateStore.at(root);
          case "without looking again" -> Stores.withoutLookingAgain(root);
          case "without reading again" -> Stores.withoutReadingAgain(root);
          case "writing in place" -> Stores.writingInPlace(root);
          case "cleaning up the winner" -> Stores.cleaningUpTheWinner(root);
          default -> throw new IllegalArgumentException(store);
        };
    return onLinux
        ? ground.onLinux(kept)
        : new Containers(kept, new TestPlatform(ground.marks, Steps.NONE));
  }

  /** Arguments: the ground, the store, whether on Linux, the number of threads, and ours. */
  public static void main(String[] args) throws Exception {
    Ground ground = new Ground(Path.of(args[0]));
    Path stop = RefereeGame.stop(ground);
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < Integer.parseInt(args[3]); i++) {
      ApiWorker worker =
          new ApiWorker(
              ground,
              args[1],
              Boolean.parseBoolean(args[2]),
              args[4] + "-" + i,
              Long.parseLong(args[4]) * 100 + i);
      Thread thread =
          new Thread(() -> {
            while (!Files.exists(stop)) {
              worker.once();
            }
          });
      thread.start();
      all.add(thread);
    }
    for (Thread each : all) {
      each.join();
    }
  }

  @Override
  String perform(String operation, String id) {
    try {
      return work(operation, id);
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
      return all.toString();
    } catch (RuntimeException | Error e) {
      return "broken " + e + " at " + List.of(e.getStackTrace()).toString();
    }
  }

  private String work(String operation, String id) {
    switch (operation) {
      case "create" -> {
        try (ContainerHandle made =
            containers.create(onLinux ? ground.linuxRequest(id) : ground.request(id))) {
          return "done " + made.instance();
        }
      }
      case "list" -> {
        var listing = containers.list();
        return listing.problems().isEmpty() ? "done" : "broken " + listing.problems();
      }
      case "force" -> containers.delete(Ground.id(id), DeleteMode.FORCE);
      default -> {
        ContainerHandle loaded = containers.load(Ground.id(id));
        work(operation, loaded);
        return "done " + loaded.instance();
      }
    }
    return "done";
  }

  private void work(String operation, ContainerHandle container) {
    switch (operation) {
      case "start" -> container.start();
      case "kill" -> container.kill(List.of(Signal.KILL, Signal.TERM, Signal.of(0)).get(random(3)));
      case "delete" -> container.delete(DeleteMode.STOPPED);
      default -> {
        var ignored = container.status();
      }
    }
  }
}
