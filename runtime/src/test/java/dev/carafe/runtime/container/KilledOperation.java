package dev.carafe.runtime.container;

import dev.carafe.CarafeException;
import dev.carafe.DeleteMode;
import dev.carafe.linux.Sys;
import dev.carafe.linux.Syscall;
import dev.carafe.runtime.state.Steps;
import dev.carafe.spec.Hooks;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A main class: does an operation on the container "a" and is killed at the n-th of its steps; with
 * 0 it is not, and prints how many steps there are.
 */
final class KilledOperation {
  private KilledOperation() {}

  public static void main(String[] args) throws Exception {
    int last = Integer.parseInt(args[2]);
    AtomicInteger count = new AtomicInteger();
    boolean[] armed = new boolean[1];
    Steps steps =
        step -> {
          if (armed[0] && count.incrementAndGet() == last) {
            System.out.println(step);
            System.out.flush();
            long ignored = Sys.call(Syscall.KILL, Sys.getpid(), 9);
          }
        };
    Ground ground = new Ground(Path.of(args[0]));
    Containers containers = ground.stepping(steps);
    armed[0] = true;
    run(args[1], containers, ground);
    System.out.println(count.get());
  }

  private static void run(String operation, Containers containers, Ground ground) {
    switch (operation) {
      case "create" -> {
        Hooks hooks = new Hooks(List.of(), List.of(), List.of(), List.of(), List.of(), List.of());
        var ignored =
            containers.create(
                ground
                    .builder("a", "/bin/sleep", "1000")
                    .spec(Ground.spec(hooks, "/bin/sleep", "1000"))
                    .build());
      }
      case "start" -> containers.load(Ground.id("a")).start();
      case "delete" -> containers.delete(Ground.id("a"), DeleteMode.STOPPED);
      case "force" -> containers.delete(Ground.id("a"), DeleteMode.FORCE);
      default -> throw new CarafeException("unknown operation " + operation);
    }
  }
}
