package dev.carafe.conformance.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.conformance.Ground;
import dev.carafe.conformance.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every sentence of the OCI runtime specification that concerns Linux, on Carafe, runc and crun, or
 * on the one runtime that {@code -Dcarafe.conformance.runtime=PATH} names. What is known to fail
 * must fail, and the table in {@code docs/conformance.md} must be what was seen.
 */
final class OciSuiteTest {
  private static final Path COMMITTED = Path.of("../docs/conformance.md");
  private static final Path WRITTEN = Path.of("target/conformance.md");

  /** Which checks to run; all. */
  private static final String ONLY = System.getProperty("carafe.conformance.checks", ".*");

  private static final Catalogue CATALOGUE = new Catalogue();
  private static final Expectations EXPECTATIONS = new Expectations();
  private static final List<Check> CHECKS = checks();
  private static final List<AutoCloseable> OPEN = new ArrayList<>();

  private static List<Check> checks() {
    List<Check> all = new ArrayList<>();
    all.addAll(Check.of(new StateChecks()));
    all.addAll(Check.of(new LifecycleChecks()));
    all.addAll(Check.of(new OperationChecks()));
    all.addAll(Check.of(new HookChecks()));
    all.addAll(Check.of(new RootChecks()));
    all.addAll(Check.of(new MountChecks()));
    all.addAll(new MountOptionChecks().checks());
    all.addAll(Check.of(new ProcessChecks()));
    all.addAll(Check.of(new NamespaceChecks()));
    all.addAll(Check.of(new DeviceChecks()));
    all.addAll(Check.of(new CgroupChecks()));
    all.addAll(Check.of(new UnifiedChecks()));
    all.addAll(Check.of(new SeccompChecks()));
    all.addAll(Check.of(new LinuxChecks()));
    all.addAll(Check.of(new FeaturesChecks()));
    return all;
  }

  @Test
  void everySentenceHasACheckOrAReasonWhyThereIsNone() {
    Map<String, String> reasons = new LinkedHashMap<>();
    CATALOGUE.sentences().forEach(each -> reasons.put(each.id(), each.reason()));
    Set<String> tried = new HashSet<>();
    List<String> wrong = new ArrayList<>();
    for (Check check : CHECKS) {
      for (String id : check.sentences()) {
        tried.add(id);
        if (!reasons.containsKey(id)) {
          wrong.add(check.name() + " tries " + id + ", which is not in the catalogue");
        }
      }
    }
    reasons.forEach((id, reason) -> {
      if (tried.contains(id) == !reason.isEmpty()) {
        wrong.add(id + (reason.isEmpty() ? " has no check" : " has a check and a reason"));
      }
    });
    EXPECTATIONS.unknown(CHECKS).forEach(each -> wrong.add("no check for " + each));
    assertEquals(List.of(), wrong);
  }

  @TestFactory
  Stream<DynamicNode> everySentenceOnEveryRuntime() throws IOException {
    assumeTrue(Shell.run("id -u").out().equals("0\n"), "only root can make these containers");
    Map<String, Path> programs = programs();
    ConformanceTable table = new ConformanceTable(CATALOGUE, EXPECTATIONS, CHECKS);
    Path path =
        Files.createTempDirectory(
            Path.of("/tmp"),
            "carafe-oci",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    OPEN.addFirst(() -> Shell.run("rm -rf --one-file-system \"$1\"", path).ok());
    View view = View.legacy(path.resolve("view"));
    OPEN.addFirst(view);
    View unified = View.unified(path.resolve("unified-view"));
    OPEN.addFirst(unified);
    List<DynamicNode> nodes = new ArrayList<>();
    programs.forEach((name, program) -> {
      Subject subject = new Subject(name, program, view, unified, path.resolve(name));
      OPEN.addFirst(subject);
      nodes.add(
          DynamicContainer.dynamicContainer(
              name,
              CHECKS.stream()
                  .filter(check -> check.name().matches(ONLY))
                  .map(check ->
                      DynamicTest.dynamicTest(
                          name + " " + check.name(), () -> one(check, subject, table)))));
    });
    nodes.add(DynamicTest.dynamicTest("nothing is left", OciSuiteTest::close));
    nodes.add(DynamicTest.dynamicTest("the table is what was seen", () -> compare(table)));
    return nodes.stream();
  }

  /** Returns the runtimes by their names. */
  private static Map<String, Path> programs() {
    Map<String, Path> programs = new LinkedHashMap<>();
    String only = System.getProperty("carafe.conformance.runtime", "");
    if (!only.isEmpty()) {
      Path program = Path.of(only).toAbsolutePath();
      assertTrue(Files.isExecutable(program), program + " is no program");
      programs.put(program.getFileName().toString(), program);
      return programs;
    }
    programs.put("carafe", Ground.program());
    for (String peer : List.of("runc", "crun")) {
      Shell.Result found = Shell.run("command -v " + peer);
      assumeTrue(found.code() == 0, peer + " is not installed; ./test installs it");
      programs.put(peer, Path.of(found.out().strip()));
    }
    return programs;
  }

  private static void one(Check check, Subject runtime, ConformanceTable table) {
    Check.Outcome outcome = check.run(runtime);
    table.put(runtime.name(), check, outcome);
    assumeTrue(outcome.passed() || outcome.tried(), outcome.message());
    EXPECTATIONS
        .of(runtime.name(), check.name())
        .ifPresentOrElse(
            expected ->
                assertTrue(
                    !outcome.passed() || expected.byChance(),
                    () -> "it passes by now: take it from expectations.txt: " + expected),
            () -> assertTrue(outcome.passed(), () -> check.sentences() + ": " + outcome.message()));
  }

  private static void compare(ConformanceTable table) throws IOException {
    assumeTrue(
        System.getProperty("carafe.conformance.runtime", "").isEmpty() && ONLY.equals(".*"),
        "the table has all checks of the three runtimes only");
    String seen = table.text();
    Files.writeString(WRITTEN, seen);
    String committed = Files.exists(COMMITTED) ? Files.readString(COMMITTED) : "";
    assertEquals(
        committed, seen, "after a look: cp conformance/target/conformance.md docs/conformance.md");
  }

  // Not when all tests have ended: what is left behind is looked for before.
  private static void close() throws Exception {
    for (AutoCloseable each : OPEN) {
      each.close();
    }
    OPEN.clear();
  }
}
