package dev.carafe.conformance.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.conformance.Shell;
import java.io.IOException;
import java.nio.file.Files;

/** runtime.md: Scope, Lifecycle but for its hooks, Errors and Warnings. */
final class LifecycleChecks {

  @Says({"runtime/scope", "runtime/operations", "runtime/lifecycle/10-ends"})
  void whoMadeAContainerCanUseEveryOperation(Subject runtime) {
    try (Box box = runtime.create(Config.plain().program("hold"))) {
      assertEquals(box.id(), box.state().get("id").getAsString());
      box.start().ok();
      box.await("running").kill("KILL").ok();
      box.await("stopped").delete().ok();
    }
  }

  @Says({
    "runtime/lifecycle/2-environment",
    "runtime/lifecycle/2-resources",
    "runtime/create/creates",
    "runtime/create/applies"
  })
  void createMakesNamespacesAndCgroup(Subject runtime) {
    try (Box box = runtime.create(Config.plain().program("hold"))) {
      String seen =
          runtime
              .view()
              .sh("cd /proc/$1/ns && readlink net uts ipc mnt; cat ../cgroup", box.pid())
              .ok()
              .out();
      for (String type : new String[] {"net", "uts", "ipc", "mnt"}) {
        assertTrue(seen.contains(type + ":["), seen);
        assertFalse(seen.contains(runtime.view().namespace(type)), type);
      }
      assertTrue(seen.contains(":/" + box.id() + "\n"), seen);
    }
  }

  @Says({"runtime/lifecycle/2-error", "runtime/create/cannot", "runtime/create/cannot-none"})
  void whatCannotBeMadeIsAnErrorAndMakesNoContainer(Subject runtime) {
    runtime.refuses(Config.plain().mount("/data", "no-such-type", "none"));
  }

  @Says({"runtime/lifecycle/2-program", "runtime/create/args-wait"})
  void createDoesNotRunTheProgram(Subject runtime) {
    try (Box box = runtime.create(Config.plain().program("create", "/ran", "yes"))) {
      assertEquals("created", box.status());
      assertFalse(Files.exists(box.in("ran")));
      box.finish();
      assertTrue(Files.exists(box.in("ran")));
    }
  }

  @Says("runtime/lifecycle/2-updates")
  void laterChangesOfTheConfigurationHaveNoEffect(Subject runtime) throws IOException {
    try (Box box = runtime.create(Config.plain().program("say", "first"))) {
      Files.writeString(
          box.bundle().resolve("config.json"), Config.plain().program("say", "second").toString());
      assertEquals(Report.of("first"), box.finish());
    }
  }

  @Says({"runtime/lifecycle/8-program", "runtime/start/runs"})
  void startRunsTheProgramThatProcessDescribes(Subject runtime) {
    try (Box box =
        runtime.create(
            Config.plain()
                .text("process.cwd", "/tmp")
                .set("process.env", "[\"A=b\"]")
                .program("cwd", ",", "env", ",", "ids"))) {
      box.finish().says("cwd /tmp").says("env A=b").says("uid 0 0 0");
    }
  }

  @Says({"runtime/lifecycle/12-destroyed", "runtime/delete/resources"})
  void deleteRemovesProcessesCgroupsMountsAndState(Subject runtime) {
    String mounts = runtime.view().sh("cat /proc/self/mountinfo").ok().out();
    try (Box box = runtime.create(Config.plain().program("hold"))) {
      int pid = box.pid();
      box.start().ok();
      box.stop().delete().ok();
      assertTrue(runtime.call("state", box.id()).code() != 0, "the state is still there");
      Shell.Result left =
          runtime
              .view()
              .sh(
                  "find /sys/fs/cgroup -type d -name \"$1\"; [ ! -e /proc/$2/exe ] || echo $2",
                  box.id(),
                  pid);
      assertEquals("", left.out());
      assertEquals(mounts, runtime.view().sh("cat /proc/self/mountinfo").ok().out());
    }
  }

  @Says("runtime/errors")
  void afterAFailedCreateNothingIsLeft(Subject runtime) {
    String mounts = runtime.view().sh("cat /proc/self/mountinfo").ok().out();
    Config config = Config.plain().mount("/data", "bind", "/no/such/source", "bind");
    try (Box box = runtime.bundle(config)) {
      assertTrue(box.create().code() != 0, "it was made");
      assertTrue(runtime.call("state", box.id()).code() != 0, "there is a state");
      Shell.Result left = runtime.view().sh("find /sys/fs/cgroup -type d -name \"$1\"", box.id());
      assertEquals("", left.out());
      assertEquals(mounts, runtime.view().sh("cat /proc/self/mountinfo").ok().out());
    }
  }

  @Says("runtime/warnings")
  void afterAWarningTheOperationGoesOn(Subject runtime) {
    // A capability that nobody knows must be warned of.
    Report report =
        runtime.inside(
            Config.plain().set("process.capabilities.bounding", "[CAP_KILL, CAP_NOBODY_KNOWS]"),
            "say",
            "it ran");
    report.says("it ran");
  }
}
