package dev.carafe.conformance.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.conformance.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** runtime.md: Operations. */
final class OperationChecks {
  private static final String NOBODY = "nobody-has-this-id";

  private static void fails(Shell.Result result) {
    assertTrue(result.code() != 0, "it did not fail: " + result);
  }

  @Says("runtime/query-state/no-id")
  void stateWithoutAnIdIsAnError(Subject runtime) {
    fails(runtime.call("state"));
  }

  @Says("runtime/query-state/none")
  void stateOfNoContainerIsAnError(Subject runtime) {
    fails(runtime.call("state", NOBODY));
  }

  @Says("runtime/create/no-arguments")
  void createWithoutAnIdOrABundleIsAnError(Subject runtime) {
    try (Box box = runtime.bundle(Config.plain())) {
      fails(runtime.call("create", "--bundle", box.bundle()));
      Path empty = runtime.directory();
      fails(runtime.call("create", "--bundle", empty, box.id()));
      fails(runtime.call("state", box.id()));
    }
  }

  @Says({"runtime/create/bad-id", "runtime/create/bad-id-none"})
  void anIdThatIsNotValidIsAnError(Subject runtime) {
    try (Box box = runtime.bundle(Config.plain())) {
      // No file can have this name. Nothing with a slash: see Subject.harmless.
      String id = "x".repeat(300);
      fails(runtime.call("create", "--bundle", box.bundle(), id));
      fails(runtime.call("state", id));
    }
  }

  @Says({"runtime/create/bad-id", "runtime/create/bad-id-none"})
  void anIdThatIsTakenIsAnErrorAndTheContainerIsAsItWas(Subject runtime) {
    try (Box box = runtime.create(Config.plain().program("hold"))) {
      box.start().ok();
      int pid = box.pid();
      fails(box.create());
      assertEquals("running", box.status());
      assertEquals(pid, box.pid());
    }
  }

  @Says("runtime/start/no-id")
  void startWithoutAnIdIsAnError(Subject runtime) {
    fails(runtime.call("start"));
    fails(runtime.call("start", NOBODY));
  }

  @Says({"runtime/start/not-created", "runtime/start/not-created-error"})
  void startOfOneThatRunsIsAnErrorAndHasNoEffect(Subject runtime) throws IOException {
    try (Box box = runtime.create(Config.plain().program("create", "/ran", "once", ",", "hold"))) {
      box.start().ok();
      box.await("ran", "once");
      Files.delete(box.in("ran"));
      fails(box.start());
      assertEquals("running", box.status());
      assertTrue(!Files.exists(box.in("ran")), "it ran again");
    }
  }

  @Says({"runtime/start/not-created", "runtime/start/not-created-error"})
  void startOfOneThatHasStoppedIsAnErrorAndHasNoEffect(Subject runtime) throws IOException {
    try (Box box = runtime.create(Config.plain().program("create", "/ran", "once"))) {
      box.finish();
      Files.delete(box.in("ran"));
      fails(box.start());
      assertEquals("stopped", box.status());
      assertTrue(!Files.exists(box.in("ran")), "it ran again");
    }
  }

  @Says("runtime/start/no-process")
  void startWithoutAProcessIsAnError(Subject runtime) {
    try (Box box = runtime.bundle(Config.plain().remove("process"))) {
      // A runtime may refuse it at once.
      if (box.create().code() == 0) {
        fails(box.start());
      }
    }
  }

  @Says("runtime/kill/no-id")
  void killWithoutAnIdIsAnError(Subject runtime) {
    fails(runtime.call("kill"));
    fails(runtime.call("kill", NOBODY, "KILL"));
  }

  @Says({"runtime/kill/stopped", "runtime/kill/stopped-error"})
  void killOfOneThatHasStoppedIsAnErrorAndHasNoEffect(Subject runtime) {
    try (Box box = runtime.create(Config.plain())) {
      box.finish();
      fails(box.kill("KILL"));
      assertEquals("stopped", box.status());
    }
  }

  @Says("runtime/kill/sends")
  void killSendsThatSignalToTheProcess(Subject runtime) {
    for (String signal : new String[] {"USR1:10", "15:15", "SIGHUP:1"}) {
      String[] parts = signal.split(":", -1);
      try (Box box = runtime.create(Config.plain().program("await", parts[1], "/signal"))) {
        box.start().ok();
        box.await("signal", "ready\n").kill(parts[0]).ok();
        box.await("signal", "got it\n").await("stopped");
      }
    }
  }

  @Says("runtime/kill/sends")
  void killReachesOneThatIsCreated(Subject runtime) {
    try (Box box = runtime.create(Config.plain().program("hold"))) {
      box.kill("KILL").ok();
      box.await("stopped");
    }
  }

  @Says("runtime/delete/no-id")
  void deleteWithoutAnIdIsAnError(Subject runtime) {
    fails(runtime.call("delete"));
    fails(runtime.call("delete", NOBODY));
  }

  @Says({"runtime/delete/not-stopped", "runtime/delete/not-stopped-error"})
  void deleteOfOneThatRunsIsAnErrorAndHasNoEffect(Subject runtime) {
    try (Box box = runtime.create(Config.plain().program("hold"))) {
      box.start().ok();
      int pid = box.await("running").pid();
      fails(box.delete());
      assertEquals("running", box.status());
      assertEquals(pid, box.pid());
    }
  }

  @Says({"runtime/delete/not-stopped", "runtime/delete/not-stopped-error"})
  void deleteOfOneThatIsCreatedIsAnErrorAndHasNoEffect(Subject runtime) {
    try (Box box = runtime.create(Config.plain().program("hold"))) {
      fails(box.delete());
      assertEquals("created", box.status());
    }
  }

  @Says("runtime/delete/others")
  void deleteLeavesWhatCreateDidNotMake(Subject runtime) throws IOException {
    Path others = runtime.directory();
    Files.writeString(others.resolve("file"), "others'");
    Shell.Running holder = Shell.start("exec unshare -u sh -c 'read line'");
    try (Box box =
        runtime.create(
            Config.plain()
                .without("uts")
                .add("linux.namespaces", "{type:uts, path:\"/proc/" + holder.pid() + "/ns/uts\"}")
                .mount("/data", "bind", others.toString(), "bind"))) {
      box.finish();
      box.delete().ok();
      assertEquals("others'", Files.readString(others.resolve("file")));
      assertTrue(Files.exists(box.in("bin/inspect")), "the root file system is gone");
      assertTrue(Files.exists(Path.of("/proc/" + holder.pid() + "/ns/uts")), "the namespace is");
    } finally {
      holder.end();
    }
  }

  @Says("runtime/delete/id-again")
  void theIdCanBeUsedAgain(Subject runtime) {
    try (Box box = runtime.create(Config.plain())) {
      box.finish();
      box.delete().ok();
      box.create().ok();
      assertEquals("created", box.status());
    }
  }
}
