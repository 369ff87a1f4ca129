package dev.carafe.runtime.container;

import dev.carafe.CarafeException;
import dev.carafe.ContainerRequest;
import dev.carafe.DeleteMode;
import dev.carafe.linux.Sys;
import dev.carafe.linux.Syscall;
import dev.carafe.runtime.state.StateStore;
import dev.carafe.runtime.state.Steps;
import dev.carafe.runtime.state.Stores;
import dev.carafe.spec.Hooks;
import dev.carafe.spec.Spec;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A main class: does an operation on the pod "pod", or on "one" in it, and is killed at the n-th of
 * its steps; with 0 it is not, and prints how many steps there are.
 */
final class KilledPodOperation {
  private KilledPodOperation() {}

  public static void main(String[] args) throws Exception {
    int last = Integer.parseInt(args[2]);
    AtomicInteger count = new AtomicInteger();
    Steps steps =
        step -> {
          if (count.incrementAndGet() == last) {
            System.out.println(step);
            System.out.flush();
            long ignored = Sys.call(Syscall.KILL, Sys.getpid(), 9);
          }
        };
    Ground ground = new Ground(Path.of(args[0]));
    run(args[1], containers(ground, steps), ground);
    System.out.println(count.get());
  }

  static Containers containers(Ground ground, Steps steps) {
    return new Containers(
        Stores.stepping(ground.root.toString(), steps, StateStore.LOCK_MILLIS),
        new SandboxedPlatform(ground.marks, steps));
  }

  private static void run(String operation, Containers containers, Ground ground) {
    switch (operation) {
      case "make" -> {
        var ignored = containers.create(pod(ground));
      }
      case "join" -> {
        var ignored = containers.create(member(ground, "one", 200));
      }
      case "start" -> containers.load(Ground.id("one")).start();
      case "leave" -> containers.delete(Ground.id("one"), DeleteMode.FORCE);
      case "end" -> containers.delete(Ground.id("pod"), DeleteMode.FORCE);
      default -> throw new CarafeException("unknown operation " + operation);
    }
  }

  static ContainerRequest pod(Ground ground) {
    return request(ground, "pod", "sandbox", 0);
  }

  static ContainerRequest member(Ground ground, String id, int score) {
    return request(ground, id, "container", score);
  }

  private static ContainerRequest request(Ground ground, String id, String type, int score) {
    Spec spec = Ground.spec(Hooks.NONE, "/bin/sleep", "1000");
    Map<String, String> annotations =
        Map.of("io.kubernetes.cri.container-type", type, "io.kubernetes.cri.sandbox-id", "pod");
    return ground
        .builder(id)
        .spec(
            spec.toBuilder()
                .annotations(annotations)
                .process(spec.process().orElseThrow().toBuilder().oomScoreAdj(score).build())
                .build())
        .build();
  }
}
