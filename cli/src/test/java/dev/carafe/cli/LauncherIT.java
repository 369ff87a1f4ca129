package dev.carafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** What {@code ./carafe} in a source tree does until the program runs. */
@TestMethodOrder(MethodOrderer.MethodName.class)
final class LauncherIT {
  private static final String VERSION = "carafe version 0.1.0\n";

  @SuppressWarnings("NullAway.Init") // JUnit calls the method that sets it before any test.
  private static Checkout checkout;

  @SuppressWarnings("NullAway.Init")
  private static Shell.Result first;

  @BeforeAll
  static void buildOnce() throws IOException {
    checkout = new Checkout();
    first = checkout.run("--version");
  }

  @AfterAll
  static void remove() {
    checkout.close();
  }

  private static Shell.Result works(Shell.Result result) {
    assertTrue(result.out().startsWith(VERSION), result.out() + result.err());
    assertEquals(0, result.code());
    return result;
  }

  private static Shell.Result silently(Shell.Result result) {
    assertEquals("", works(result).err());
    return result;
  }

  private static void age(Path file, long seconds) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(seconds)));
  }

  @Test
  void theFirstUseBuildsAndSaysSoOnStandardError() {
    works(first);
    assertTrue(first.err().startsWith("carafe: building with /"), first.err());
    assertTrue(first.err().endsWith("carafe: done\n"), first.err());
  }

  @Test
  void theSecondUseBuildsNothingAndSaysNothing() throws IOException {
    int builds = checkout.builds();
    silently(checkout.run("--version"));
    assertEquals(builds, checkout.builds());
  }

  @Test
  void twoFirstUsesAtOnceBuildOnce() throws IOException {
    try (Checkout fresh = new Checkout()) {
      Shell.Running one = fresh.start("--version");
      Shell.Running two = fresh.start("--version");
      works(one.end());
      works(two.end());
      assertEquals(1, fresh.builds());
    }
  }

  @Test
  void aChangedSourceIsBuiltOnceTheIndexOfGitIsNewer() throws IOException {
    Path index = Files.createDirectories(checkout.path().resolve(".git")).resolve("index");
    int builds = checkout.builds();
    Files.writeString(index, "");
    age(index, 5);
    // git touches its index when nothing has changed, too: that builds nothing.
    silently(checkout.run("--version"));
    assertEquals(builds, checkout.builds());

    age(checkout.path().resolve("cli/pom.xml"), 5);
    age(index, 10);
    works(checkout.run("--version"));
    assertEquals(builds + 1, checkout.builds());
    Files.delete(index);
    age(checkout.path().resolve("cli/pom.xml"), -100);
    silently(checkout.run("--version"));
  }

  @Test
  void aBuildThatFailsSaysWhyAndLeavesTheOldOneAlone() throws IOException {
    try (Checkout fresh = new Checkout()) {
      fresh.mavenEndsWith(1);
      Shell.Result result = fresh.run("--version");
      assertEquals(1, result.code());
      assertEquals("", result.out());
      assertTrue(result.err().contains("the build failed"), result.err());
      assertTrue(
          Files.readString(fresh.path().resolve(".dist/build.log")).contains("output of Maven"));
      assertFalse(Files.exists(fresh.path().resolve(".dist/current")));
    }
  }

  @Test
  void aTruncatedCacheIsNotUsedAndMadeAnew() throws IOException {
    Path cache = checkout.dist().resolve("carafe.aot");
    long size = Files.size(cache);
    try (var channel = Files.newByteChannel(cache, StandardOpenOption.WRITE)) {
      channel.truncate(size / 2);
    }
    // The program itself, as who installed it by a link calls it, only gets slower.
    silently(Shell.run("\"$1/carafe\" --version", checkout.dist()));
    assertTrue(works(checkout.run("--version")).err().contains("cache anew"));
    assertTrue(Files.size(cache) > size / 2);
    silently(checkout.run("--version"));
  }

  @Test
  void aMissingCacheIsMadeAnew() throws IOException {
    Path cache = checkout.dist().resolve("carafe.aot");
    Files.delete(cache);
    silently(Shell.run("\"$1/carafe\" --version", checkout.dist()));
    assertTrue(works(checkout.run("--version")).err().contains("cache anew"));
    assertTrue(Files.exists(cache));
    silently(checkout.run("--version"));
  }

  @Test
  void aCacheOfSomebodyElseOrThatOthersMayWriteIsNotUsed() throws IOException {
    Path cache = checkout.dist().resolve("carafe.aot");
    for (String sabotage : new String[] {"chown 65534 \"$1\"", "chmod 666 \"$1\""}) {
      assertTrue(usesCache());
      assertEquals(0, Shell.run(sabotage, cache).code());
      assertFalse(usesCache(), sabotage);
      silently(checkout.run("--version"));
      assertEquals(0, Shell.run("chown 0 \"$1\" && chmod 644 \"$1\"", cache).code());
    }
    assertTrue(usesCache());
  }

  /** Asks by the options that Java was started with. */
  private static boolean usesCache() throws IOException {
    Path trap = checkout.path().resolve("java-trap");
    Files.writeString(trap, "#!/bin/sh\nprintf '%s\\n' \"$@\" >&2\n");
    assertEquals(
        0,
        Shell.run(
                "chmod 755 \"$1\" && mkdir -p \"$3\" && cp \"$2/carafe\" \"$3\""
                    + " && sed \"s:^java .*:java $1:\" \"$2/carafe.conf\" >\"$3/carafe.conf\"",
                trap,
                checkout.dist(),
                checkout.path().resolve("trap"))
            .code());
    return Shell.run("\"$1/trap/carafe\" --version", checkout.path())
        .err()
        .contains("-XX:AOTCache=");
  }

  @Test
  void anotherJdkAtTheSamePlaceIsNoticed() throws IOException {
    Path jdk = checkout.dist().resolve("release");
    String release = Files.readString(jdk);
    Files.writeString(jdk, release + "OTHER=\"1\"\n");
    age(checkout.dist().resolve("checked"), -1_000_000_000);
    int builds = checkout.builds();
    works(checkout.run("--version"));
    assertEquals(builds + 1, checkout.builds());
    silently(checkout.run("--version"));
  }

  @Test
  void aCheckoutThatWasMovedIsBuiltAnew() throws IOException {
    try (Checkout fresh = new Checkout()) {
      works(fresh.run("--version"));
      Path elsewhere = Path.of(fresh.path() + ".moved");
      Shell.Result result =
          Shell.run(
              "mv \"$1\" \"$2\" && PATH=\"$2/tools:$PATH\" \"$2/carafe\" --version",
              fresh.path(),
              elsewhere);
      assertEquals(0, Shell.run("mv \"$1\" \"$2\"", elsewhere, fresh.path()).code());
      assertTrue(works(result).err().contains("building"), result.err());
    }
  }

  @Test
  void aFullDiskIsNamedAndNothingHalfMadeIsUsed() throws IOException {
    try (Checkout fresh = new Checkout()) {
      Path dist = Files.createDirectory(fresh.path().resolve(".dist"));
      assertEquals(0, Shell.run("mount -t tmpfs -o size=6m,mode=755 x \"$1\"", dist).code());
      try {
        // It holds the jars but not the start-up cache.
        Shell.Result slow = works(fresh.run("--version"));
        assertTrue(slow.err().contains("cannot make the start-up cache"), slow.err());
        silently(fresh.run("--version"));
        assertEquals(1, fresh.builds());

        Shell.run("rm -rf \"$1\"/*; dd if=/dev/zero of=\"$1/filler\" bs=4k 2>/dev/null", dist);
        Shell.Result result = fresh.run("--version");
        assertEquals(1, result.code());
        assertEquals("", result.out());
        assertTrue(result.err().contains("no space left on the disk"), result.err());

        assertEquals(0, Shell.run("mount -o remount,size=100m \"$1\"", dist).code());
        works(fresh.run("--version"));
        silently(fresh.run("--version"));
      } finally {
        assertEquals(0, Shell.run("umount \"$1\"", dist).code());
      }
    }
  }

  @Test
  void whoMayNotWriteIsToldWhatToDo() throws IOException {
    try (Checkout fresh = new Checkout()) {
      Shell.Result result =
          Shell.run("setpriv --reuid 65534 --clear-groups \"$1\" --version", fresh.launcher());
      assertEquals(1, result.code());
      assertEquals("", result.out());
      assertTrue(result.err().contains("it is not writable"), result.err());
    }
  }

  @Test
  void whoMayNotWriteUsesWhatIsThere() throws IOException {
    String asNobody = "setpriv --reuid 65534 --clear-groups \"$1\" --version";
    silently(Shell.run(asNobody, checkout.launcher()));
    Path index = Files.createDirectories(checkout.path().resolve(".git")).resolve("index");
    Files.writeString(index, "");
    age(index, 5);
    age(checkout.path().resolve("cli/pom.xml"), 5);
    Shell.Result result = works(Shell.run(asNobody, checkout.launcher()));
    assertTrue(result.err().contains("running the older build"), result.err());
    Files.delete(index);
    age(checkout.path().resolve("cli/pom.xml"), -100);
  }

  @Test
  void whatIsMissingForABuildIsNamed() throws IOException {
    try (Checkout fresh = new Checkout()) {
      String hidden =
          "mount -t tmpfs x /usr/lib/jvm; mount -t tmpfs x /opt; PATH=\"$2\" HOME=/nowhere"
              + " JAVA_HOME= \"$1\" --version";
      Shell.Result noJdk =
          Shell.run(
              "unshare -m sh -c '" + hidden + "' sh \"$@\"", fresh.launcher(), "/usr/bin:/bin");
      assertEquals(1, noJdk.code());
      assertEquals("", noJdk.out());
      assertTrue(noJdk.err().contains("JDK 25") && noJdk.err().contains("openjdk-25"), noJdk.err());

      Path few = Files.createDirectory(fresh.path().resolve("few"));
      Shell.run(
          "cd \"$1\" && for t in $2; do ln -s \"$(command -v $t)\"; done",
          few,
          "sh dirname readlink find head grep sed cmp touch mkdir flock rm cat wc");
      Shell.Result noMaven =
          Shell.run(
              "PATH=\"$2\" JAVA_HOME=\"$3\" \"$1\" --version",
              fresh.launcher(),
              few,
              System.getProperty("java.home"));
      assertEquals(1, noMaven.code());
      assertTrue(noMaven.err().contains("apt-get install maven"), noMaven.err());
    }
  }

  @Test
  void itWorksThroughALinkWithoutAnEnvironmentAndFromARemovedDirectory() throws IOException {
    Path link = checkout.path().resolve("tools/carafe link");
    Files.createSymbolicLink(link, Path.of("../carafe"));
    silently(Shell.run("\"$1\" --version", link));
    silently(
        Shell.run("PATH=\"$1:$PATH\"; 'carafe link' --version", checkout.path().resolve("tools")));
    silently(Shell.run("exec env -i \"$1\" --version", link));
    silently(Shell.run("exec env -i \"$1\" --version", checkout.launcher()));
    // The shell says that it cannot tell where it is.
    works(
        Shell.run(
            "mkdir \"$2\" && cd \"$2\" && rmdir \"$2\" && exec \"$1\" --version",
            checkout.launcher(),
            checkout.path().resolve("gone")));
    silently(
        Shell.run(
            "unshare -m sh -c 'mount -t tmpfs -o noexec x /var/tmp && cd /var/tmp"
                + " && TMPDIR=/var/tmp \"$1\" --version' sh \"$1\"",
            checkout.launcher()));
  }

  @Test
  void itWorksWithoutStandardStreams() {
    assertEquals(0, Shell.run("\"$1\" --version <&- >&- 2>&-", checkout.launcher()).code());
    silently(Shell.run("\"$1\" --version <&-", checkout.launcher()));
    works(Shell.run("\"$1\" --version 2>&-", checkout.launcher()));
    Shell.Result full = Shell.run("\"$1\" --version >/dev/full", checkout.launcher());
    assertNotEquals(0, full.code());
    assertTrue(full.err().contains("ENOSPC"), full.err());
  }

  @Test
  void itHandsOnArgumentsDescriptorsSignalsAndLimitsAsTheyCame() throws IOException {
    Path probe = checkout.path().resolve("probe");
    Files.createDirectories(probe);
    // In the place of the program, a script that says what it got.
    Path dist = checkout.dist();
    Files.writeString(
        probe.resolve("probe.sh"),
        """
        #!/bin/sh
        for w; do printf '%s\\n' "$w"; done | od -An -tx1
        ls /proc/self/fd
        grep -E 'Sig(Blk|Ign)' /proc/self/status
        ulimit -n
        cat <&7
        """);
    Shell.Result result =
        Shell.run(
            "mv \"$1/carafe\" \"$1/saved\" && cp \"$2/probe.sh\" \"$1/carafe\""
                + " && chmod 755 \"$1/carafe\"; trap '' USR1; ulimit -Sn 77; echo seven >\"$2/in\";"
                + " \"$3\" \"$(printf 'a\\377b')\" '' ' x ' 7<\"$2/in\" 9</dev/null;"
                + " mv \"$1/saved\" \"$1/carafe\"",
            dist,
            probe,
            checkout.launcher());
    assertTrue(result.out().contains(" 61 ff 62 0a 0a 20 78 20 0a"), result.out());
    assertTrue(result.out().contains("\n7\n"), result.out());
    assertTrue(result.out().contains("\n9\n"), result.out());
    assertFalse(result.out().contains("\n10\n"), result.out());
    assertTrue(result.out().matches("(?s).*SigIgn:\t[0-9a-f]{13}[2367abef]00\n.*"), result.out());
    assertTrue(result.out().contains("\n77\n"), result.out());
    assertTrue(result.out().endsWith("seven\n"), result.out());
    silently(checkout.run("--version"));
  }
}
