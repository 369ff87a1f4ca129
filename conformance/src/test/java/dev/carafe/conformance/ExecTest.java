package dev.carafe.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.Carafe;
import dev.carafe.CarafeException;
import dev.carafe.Container;
import dev.carafe.ContainerId;
import dev.carafe.ContainerProcess;
import dev.carafe.DeleteMode;
import dev.carafe.ExecRequest;
import dev.carafe.ExitStatus;
import dev.carafe.Signal;
import dev.carafe.StreamMode;
import dev.carafe.WrongStatusException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Programs that join a container: by the command line and by the API. */
final class ExecTest {
  private static final String ID = "exec-" + ProcessHandle.current().pid();

  private static final List<String> NO_USERS =
      List.of(
          "",
          "nobody",
          "+0",
          "-0",
          "0x0",
          " 0",
          "0 ",
          "00000000000",
          "4294967295",
          "10:",
          ":10",
          "odd",
          "few",
          "ten:ten",
          "10:20:30",
          "ten:wheel:x",
          "ten:x",
          "1e1",
          "\u0661");

  @SuppressWarnings("NullAway.Init") // JUnit calls the method that sets it before each test.
  private Ground ground;

  @SuppressWarnings("NullAway.Init")
  private Bundle bundle;

  @BeforeEach
  void open() throws IOException {
    ground = new Ground();
    bundle = ground.bundle("bundle").args("/bin/sleep", "1000");
    Files.writeString(
        bundle.in("etc/passwd"),
        "root:x:0:0::/root:/bin/sh\nten:x:10:20::/home/ten:/bin/sh\nodd:x:zero:0\nfew:x\n");
    Files.writeString(bundle.in("etc/group"), "wheel:x:30:ten\n");
  }

  @AfterEach
  void close() {
    ground.sh("carafe delete --force " + ID);
    ground.close();
  }

  private void up() {
    ground
        .sh("carafe run -d --bundle \"$1\" \"$2\" </dev/null >/dev/null 2>&1", bundle.path(), ID)
        .ok();
  }

  /** Execs a shell script in the container. */
  private Shell.Result exec(String flags, String script) {
    return ground.sh("exec carafe exec " + flags + " \"$1\" sh -c \"$2\"", ID, script);
  }

  private String out(String flags, String script) {
    return exec(flags, script).ok().out();
  }

  @Test
  void streamsAndTheExitCodePassThrough() {
    up();
    Shell.Result result =
        ground.sh("echo in | carafe exec \"$1\" sh -c 'cat; echo err >&2; exit 7'; echo $?", ID);
    assertEquals("in\n7\n", result.out());
    assertEquals("err\n", result.err());
    assertEquals(137, exec("", "kill -9 $$").code());
  }

  @Test
  void itIsInAllNamespacesOfTheFirstProcessAndInItsCgroup() {
    up();
    String look =
        "for n in cgroup ipc mnt net pid uts user time; do readlink /proc/$P/ns/$n; done; cat /proc/$P/cgroup";
    assertEquals(out("", look.replace("$P", "1")), out("", look.replace("$P", "self")));
    String outside =
        ground
            .sh(
                "carafe exec -d --pid-file \"$2/pid\" \"$1\" sleep 100 </dev/null >/dev/null 2>&1;"
                    + " cat /proc/$(cat \"$2/pid\")/cgroup; carafe ps -f json \"$1\"; cat \"$2/pid\"",
                ID,
                ground.path())
            .ok()
            .out();
    String init =
        ground
            .sh("carafe state \"$1\" | sed -n 's/.*\"pid\": \\([0-9]*\\).*/\\1/p'", ID)
            .out()
            .strip();
    String cgroup = Shell.run("cat /proc/\"$1\"/cgroup", init).ok().out();
    String pid = outside.substring(outside.lastIndexOf('\n') + 1);
    // Process ids may have begun anew in between, and then come in the other order.
    String listed = outside.replace("[" + pid + "," + init + "]", "[" + init + "," + pid + "]");
    assertEquals(cgroup + "[" + init + "," + pid + "]\n" + pid, listed);
  }

  @Test
  void whatIsNotSaidIsAsTheContainersProcessHasIt() {
    bundle
        .process("user", "{\"uid\":10,\"gid\":20,\"additionalGids\":[30,31],\"umask\":63}")
        .process("env", "[\"PATH=/bin\",\"ONE=1\"]")
        .process("rlimits", "[{\"type\":\"RLIMIT_NOFILE\",\"soft\":100,\"hard\":200}]")
        .process("oomScoreAdj", "300")
        .cwd("/tmp");
    up();
    String look =
        "id; pwd; umask; ulimit -n; ulimit -Hn; cat /proc/self/oom_score_adj; echo $ONE $HOME;"
            + " grep -E 'Cap|NoNew|Seccomp:' /proc/self/status";
    String seen = out("", look);
    assertTrue(
        seen.startsWith(
            "uid=10(ten) gid=20 groups=30(wheel),31\n/tmp\n0077\n100\n200\n300\n1 /home/ten\n"),
        seen);
    String[] first =
        Shell.run("grep -E 'Cap|NoNew|Seccomp:' /proc/\"$1\"/status", pid()).out().split("\n");
    assertEquals(List.of(first), seen.lines().skip(7).toList());
  }

  private String pid() {
    return ground
        .sh("carafe state \"$1\" | sed -n 's/.*\"pid\": \\([0-9]*\\).*/\\1/p'", ID)
        .ok()
        .out()
        .strip();
  }

  @Test
  void flagsChangeIt() {
    up();
    assertEquals(
        "uid=5 gid=6 groups=7,8\n/tmp\nb /\n",
        out("-u 5:6 -g 7 -g 8 --cwd /tmp -e A=a -e A=b", "id; pwd; echo $A $HOME"));
    String caps =
        out("-c CAP_NET_ADMIN --no-new-privs", "grep -E 'CapPrm|CapBnd|NoNew' /proc/self/status");
    assertEquals("CapPrm:\t0000000000001020\nCapBnd:\t0000000000001020\nNoNewPrivs:\t1\n", caps);
  }

  @Test
  void aUserIsANumberOrANameOfTheContainersFiles() {
    up();
    assertEquals("10:20\n", out("-u ten", "echo $(id -u):$(id -g)"));
    assertEquals("10:30\n", out("-u ten:wheel", "echo $(id -u):$(id -g)"));
    assertEquals("0:30\n", out("-u 0:wheel", "echo $(id -u):$(id -g)"));
    assertEquals("4294967294:0\n", out("-u 4294967294", "echo $(id -u):$(id -g)"));
  }

  @Test
  void whatIsNoUserIsRefusedAndRunsNothing() {
    Shell.run("chmod 777 \"$1\"", bundle.in("tmp")).ok();
    up();
    for (String user : NO_USERS) {
      Shell.Result result = ground.sh("carafe exec -u \"$2\" \"$1\" touch /tmp/ran", ID, user);
      assertEquals(255, result.code(), user + ": " + result.out() + result.err());
      assertTrue(result.err().contains("cannot tell who user"), result.err());
    }
    assertFalse(Files.exists(bundle.in("tmp/ran")));
  }

  @Test
  void aFileDescribesTheProcessWhole() throws IOException {
    up();
    Files.writeString(
        ground.path().resolve("process.json"),
        "{\"args\":[\"/bin/sh\",\"-c\",\"id; pwd; cat /proc/$$/environ; exit\"],"
            + "\"cwd\":\"/bin\",\"env\":[\"X=y\",\"HOME=/h\"],\"user\":{\"uid\":3,\"gid\":4}}");
    assertEquals(
        "uid=3 gid=4\n/bin\nX=y\0HOME=/h\0",
        ground.carafe("exec", "-p", ground.path().resolve("process.json"), ID).ok().out());
  }

  @Test
  void laterChangesOfTheConfigurationDoNotCount() {
    up();
    bundle.process("env", "[\"PATH=/nowhere\"]").cwd("/nowhere");
    assertEquals("/bin /\n", out("", "echo $PATH $PWD"));
  }

  @Test
  void noDescriptorComesAlongButThosePreserved() {
    up();
    assertEquals(
        "0\n1\n2\n",
        ground
            .sh(
                "exec 7</etc/hostname; carafe exec \"$1\" sh -c 'ls /proc/$$/fd | sort -n | head -3; ls /proc/$$/fd | wc -l >&2'",
                ID)
            .ok()
            .out());
    assertEquals(
        "three\n",
        ground
            .sh("exec 3< <(echo three); carafe exec --preserve-fds 1 \"$1\" sh -c 'cat <&3'", ID)
            .ok()
            .out());
    assertEquals(255, exec("--preserve-fds 9", "true").code());
  }

  @Test
  void aTerminalIsItsOwn() {
    up();
    Shell.Result result =
        ground.sh(
            "W=$(dirname \"$(command -v carafe)\");"
                + " script -qec \"$W/carafe exec -t $1 sh -c 'tty; test -t 0 && echo yes; exit 3'\" /dev/null",
            ID);
    // What the terminal of script(1) echoes of its own end of input may come before.
    assertTrue(result.out().endsWith("/dev/pts/0\r\nyes\r\n"), result.out());
    assertEquals(3, result.code());
  }

  @Test
  void aContainerThatIsNotThereOrHasStoppedOrIsPausedIsRefusedInWords() {
    assertEquals(255, exec("", "true").code());
    assertTrue(exec("", "true").err().contains("exec failed: container does not exist"));
    up();
    ground.carafe("pause", ID).ok();
    Shell.Result paused = exec("", "true");
    assertEquals(255, paused.code());
    assertTrue(paused.err().contains("cannot exec in a paused container"), paused.err());
    Shell.Running waiting = ground.start("exec carafe exec --ignore-paused \"$1\" echo on", ID);
    assertTrue(ground.carafe("pause", ID).err().contains("container not running"));
    ground.carafe("resume", ID).ok();
    assertEquals("on\n", waiting.end().ok().out());
    assertTrue(ground.carafe("resume", ID).err().contains("container not paused"));
    ground.carafe("kill", ID, "KILL").ok();
    ground
        .sh(
            "for i in $(seq 100); do carafe state $1 | grep -q stopped && exit 0; sleep 0.1; done; exit 1",
            ID)
        .ok();
    Shell.Result stopped = exec("", "true");
    assertEquals(255, stopped.code());
    assertTrue(stopped.err().contains("cannot exec in a stopped container"), stopped.err());
    assertTrue(ground.carafe("pause", ID).err().contains("container not running"));
  }

  @Test
  void pauseStopsEveryProcessAndResumeWakesThem() {
    bundle.script("while :; do echo a >>/tmp/first; sleep 0.05; done");
    up();
    Shell.Running second =
        ground.start(
            "exec carafe exec \"$1\" sh -c 'while :; do echo b >>/tmp/second; sleep 0.05; done'",
            ID);
    String count = "wc -c <\"$1/tmp/first\"; wc -c <\"$1/tmp/second\"";
    String grows =
        "for i in $(seq 100); do [ \"$("
            + count
            + ")\" != \"$2\" ] && exit 0; sleep 0.05; done; exit 1";
    Shell.run(
            "for i in $(seq 100); do [ -s \"$1/tmp/second\" ] && exit 0; sleep 0.05; done; exit 1",
            bundle.in(""))
        .ok();
    ground.carafe("pause", ID).ok();
    assertTrue(ground.carafe("state", ID).out().contains("\"paused\""));
    String before = Shell.run(count, bundle.in("")).out();
    // What would have gone on would have written some twenty times.
    Shell.run("sleep 1").ok();
    assertEquals(before, Shell.run(count, bundle.in("")).out());
    ground.carafe("resume", ID).ok();
    Shell.run(grows, bundle.in(""), before.strip()).ok();
    ground.carafe("delete", "--force", ID).ok();
    assertEquals(137, second.end().code());
  }

  @Test
  void oneThatIsStoppedOnItsWayInKeepsNobodyFromEndingTheContainer() {
    up();
    // The state tells of the freezer of version 1 alone, as it would if somebody froze it just now.
    Path freeze = Path.of("/sys/fs/cgroup/unified", ID, "cgroup.freeze");
    assumeTrue(Files.exists(freeze), "needs cgroup v2 beside a freezer of version 1");
    Shell.run("echo 1 >\"$1\"", freeze).ok();
    Shell.Running second = ground.start("exec carafe exec \"$1\" /bin/true", ID);
    Shell.run("sleep 1").ok();
    long begun = System.nanoTime();
    ground.carafe("delete", "--force", ID).ok();
    long millis = (System.nanoTime() - begun) / 1_000_000;
    assertTrue(millis < 5000, "it took " + millis + " ms");
    assertTrue(second.end().code() != 0, "it was not let in");
  }

  @Test
  void aDeleteTakesThoseThatJoin() throws Exception {
    up();
    Carafe carafe = Carafe.at(ground.root());
    Container container = carafe.load(ContainerId.of(ID));
    List<Future<Integer>> tries = new ArrayList<>();
    List<ContainerProcess> joined = java.util.Collections.synchronizedList(new ArrayList<>());
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (int i = 0; i < 40; i++) {
        tries.add(
            threads.submit(() -> {
              try {
                joined.add(
                    container.exec(
                        ExecRequest.builder("/bin/sleep", "1000")
                            .streams(StreamMode.NONE)
                            .build()));
                return 1;
              } catch (CarafeException e) {
                return 0;
              }
            }));
        if (i == 10) {
          tries.get(5).get();
          container.delete(DeleteMode.FORCE);
        }
      }
    }
    assertTrue(joined.size() >= 1);
    for (ContainerProcess each : joined) {
      assertEquals(new ExitStatus.Signalled(9), each.waitFor());
      each.close();
    }
  }

  @Test
  void theApiGivesStreamsASignalAndTheStatusToAllWhoAsk() throws Exception {
    up();
    Container container = Carafe.at(ground.root()).load(ContainerId.of(ID));
    try (ContainerProcess cat =
            container.exec(ExecRequest.builder("/bin/cat").streams(StreamMode.PIPE).build());
        ContainerProcess other =
            container.exec(
                ExecRequest.builder("/bin/sleep", "1000").streams(StreamMode.NONE).build())) {
      assertTrue(container.processes().containsAll(List.of(cat.pid(), other.pid())));
      cat.stdin().write("through".getBytes(StandardCharsets.UTF_8));
      cat.stdin().close();
      assertEquals("through", new String(cat.stdout().readAllBytes(), StandardCharsets.UTF_8));
      assertEquals(new ExitStatus.Exited(0), cat.waitFor());
      assertEquals(new ExitStatus.Exited(0), cat.waitFor());
      assertFalse(cat.kill(Signal.TERM));
      assertEquals(Optional.empty(), other.waitFor(Duration.ofMillis(50)));
      assertTrue(other.kill(Signal.KILL));
      assertEquals(new ExitStatus.Signalled(9), other.waitFor());
      assertTrue(container.status().isLive());
    }
    container.pause();
    assertThrows(
        WrongStatusException.class, () -> container.exec(ExecRequest.builder("/bin/true").build()));
    container.resume();
  }

  @Test
  void oneThatEndedBeforeAnybodyWaitedStillGivesItsStatus() throws Exception {
    up();
    Container container = Carafe.at(ground.root()).load(ContainerId.of(ID));
    try (ContainerProcess ended =
        container.exec(
            ExecRequest.builder("/bin/sh", "-c", "exit 7").streams(StreamMode.NONE).build())) {
      Shell.run(
              "for i in $(seq 200); do kill -0 $1 2>/dev/null || exit 0; sleep 0.05; done; exit 1",
              ended.pid())
          .ok();
      assertEquals(new ExitStatus.Exited(7), ended.waitFor());
      assertEquals(Optional.of(new ExitStatus.Exited(7)), ended.waitFor(Duration.ZERO));
    }
    // The command's caller is its parent then, and takes the status later.
    String answer = "{\"id\":\"" + ID + "\",\"exitStatus\":7}";
    Shell.Result result =
        ground.sh(
            """
            c="$(command -v carafe)"
            "$1" reaper "$2/pid" "$c" exec -d --pid-file "$2/pid" $3 sh -c 'echo $$ >/tmp/inner; exit 7' -- \
              /bin/sh -c 'until grep -q "^State:.Z" /proc/$(cat "$2/pid")/status; do sleep 0.05; done
                "$1" wait --rootpid $(cat "$2/pid") $3; "$1" wait --pid $(cat "$4") $3' \
              sh "$c" "$2" $3 "$4"
            """,
            Ground.tool("caller"),
            ground.path(),
            ID,
            bundle.in("tmp/inner"));
    assertEquals(
        List.of("create 0", "child yes", answer, answer, "start 0", "exited 7", "others none"),
        result.ok().out().lines().toList(),
        result.err());
    assertEquals(1, ground.carafe("wait", "--pid", "99999", ID).code());
  }

  @Test
  void anotherUserIsRefusedWhatItMayNotReadUnlessItHasTheCapability() throws IOException {
    Files.writeString(bundle.in("etc/secret"), "secret\n");
    Shell.run("chmod 600 \"$1\"", bundle.in("etc/secret")).ok();
    // As under runc, who is not root has one that is added only if the container lets it be
    // inherited.
    String all = "[\"CAP_KILL\",\"CAP_DAC_READ_SEARCH\",\"CAP_DAC_OVERRIDE\"]";
    bundle.process("capabilities", "{\"bounding\":" + all + ",\"inheritable\":" + all + "}");
    up();
    Shell.Result refused = exec("-u 10:20", "cat /etc/secret");
    assertEquals(1, refused.code());
    assertTrue(refused.err().contains("Permission denied"), refused.err());
    assertEquals("secret\n", out("-u 10:20 --cap CAP_DAC_READ_SEARCH", "cat /etc/secret"));
    String write = "echo more >>/etc/secret";
    assertEquals(1, exec("-u 10:20 --cap CAP_DAC_READ_SEARCH", write).code());
    assertEquals("", out("-u 10:20 --cap CAP_DAC_OVERRIDE", write));
    assertEquals("secret\nmore\n", Files.readString(bundle.in("etc/secret")));
    assertEquals(1, exec("-u 10:20 --cap CAP_KILL", "cat /etc/secret").code());
  }

  @Test
  void aTerminalThatNobodyWouldHoldIsRefused() {
    up();
    String words = "cannot allocate tty if carafe will detach without setting console socket";
    Shell.Result joining = ground.sh("carafe exec -d -t \"$1\" sh", ID);
    assertEquals(255, joining.code());
    assertTrue(joining.err().contains(words), joining.err());
    bundle.process("terminal", "true");
    for (String command : List.of("create", "run --detach")) {
      Shell.Result made = ground.sh("carafe " + command + " -b \"$1\" other", bundle.path());
      assertEquals(1, made.code());
      assertTrue(made.err().contains(words), made.err());
    }
    assertEquals(ID, String.join(" ", ground.ids()));
  }

  /** A zombie that nobody reaps would keep the first process of its namespace from ending. */
  @Test
  void aProcessWhoseIdCannotBeWrittenIsKilledAndReaped() throws Exception {
    up();
    Container container = Carafe.at(ground.root()).load(ContainerId.of(ID));
    ExecRequest request =
        ExecRequest.builder("/bin/sleep", "1000")
            .streams(StreamMode.NONE)
            .pidFile(ground.path() + "/none/pid")
            .build();
    assertThrows(CarafeException.class, () -> container.exec(request));
    container.kill(Signal.KILL);
    assertTrue(container.waitFor(Duration.ofSeconds(20)).isPresent());
  }

  @Test
  void theInternalPidFileHasTheIdThatTheProcessHasInside() {
    up();
    String got =
        ground
            .sh(
                "carafe exec -d --pid-file \"$2/pid\" --internal-pid-file \"$2/inner\" \"$1\""
                    + " sh -c 'echo $$ >/told; exec sleep 100' </dev/null >/dev/null 2>&1;"
                    + " until [ -s \"$3\" ]; do sleep 0.05; done; cat \"$2/inner\"; echo; cat \"$3\";"
                    + " sed -n 's/^NSpid:.*\t//p' /proc/$(cat \"$2/pid\")/status",
                ID,
                ground.path(),
                bundle.in("told"))
            .ok()
            .out();
    List<String> ids = got.lines().toList();
    assertEquals(3, ids.size(), got);
    assertEquals(ids.get(0), ids.get(1));
    assertEquals(ids.get(0), ids.get(2));
    assertFalse(ids.get(0).equals("1"), "that is the first process");
  }

  @Test
  void aProcessThatJoinsIsSentAsADescriptorToThePidfdSocket() throws IOException {
    up();
    String got =
        ground
            .sh(
                "\"$3\" descriptor \"$2/sock\" 2 >\"$2/got\" & l=$!;"
                    + " while ! grep -q ready \"$2/got\"; do sleep 0.02; done;"
                    + " carafe exec -d --pidfd-socket \"$2/sock\" --pid-file \"$2/pid\" \"$1\""
                    + " sleep 100 </dev/null >/dev/null 2>&1;"
                    + " wait $l; sed \"s/$(cat \"$2/pid\")/PID/\" \"$2/got\"",
                ID,
                ground.path(),
                Ground.tool("manager"))
            .ok()
            .out();
    assertEquals("ready\nsetns\nPid:\tPID\n", got);
  }

  @Test
  void aProcessOfWhichNobodyCouldBeToldIsKilled() {
    up();
    String alone = ground.carafe("ps", "--format", "json", ID).ok().out();
    for (String flag : List.of("--pidfd-socket", "--internal-pid-file")) {
      Shell.Result result = exec("-d " + flag + " \"" + ground.path() + "/none/x\"", "sleep 100");
      assertEquals(255, result.code(), result.err());
      assertTrue(result.err().contains("exec failed: "), result.err());
      assertEquals(alone, ground.carafe("ps", "--format", "json", ID).ok().out());
    }
  }

  @Test
  void aUserNamespaceIsJoinedToo() {
    bundle
        .linux("uidMappings", "[{\"containerID\":0,\"hostID\":100000,\"size\":1000}]")
        .linux("gidMappings", "[{\"containerID\":0,\"hostID\":100000,\"size\":1000}]")
        .linux(
            "namespaces",
            "[{\"type\":\"user\"},{\"type\":\"pid\"},{\"type\":\"mount\"},{\"type\":\"uts\"},{\"type\":\"ipc\"},{\"type\":\"network\"}]");
    Shell.run("chown -R 100000:100000 \"$1\"", bundle.in("")).ok();
    up();
    assertEquals(
        "uid=0(root) gid=0\n0 100000 1000\n", out("", "id; echo $(cat /proc/self/uid_map)"));
    assertEquals(
        "10 20 100010\n",
        ground
            .sh(
                "carafe exec -d -u ten --pid-file \"$2/pid\" \"$1\" sleep 50 </dev/null >/dev/null 2>&1; carafe exec -u ten \"$1\" sh -c 'echo $(id -u) $(id -g)' | tr '\\n' ' '; awk '/^Uid/ { print $2 }' /proc/$(cat \"$2/pid\")/status",
                ID,
                ground.path())
            .ok()
            .out());
  }

  @Test
  void oneProcessOrOneGroupIsSignalledByItsIdInside() {
    up();
    Shell.Running one = ground.start("exec carafe exec \"$1\" sh -c 'echo $$; exec sleep 100'", ID);
    Shell.Running two =
        ground.start("exec carafe exec \"$1\" sh -c 'sleep 100 & echo $!; wait; exit 4'", ID);
    awaitProcesses(4);
    // A session of its own, so a group too: the shell and its child.
    String shell =
        ground
            .sh("carafe exec \"$1\" ps -o pid,args | awk '/[s]leep 100 &/ { print $1 }'", ID)
            .out()
            .strip();
    String sleep =
        ground
            .sh(
                "carafe exec \"$1\" ps -o pid,ppid,args | awk '$2 == 0 && /[s]leep 100$/ { print $1 }'",
                ID)
            .out()
            .strip();
    assertEquals(1, ground.carafe("kill", "--pid", "99999", ID, "KILL").code());
    ground.carafe("kill", "--pid", sleep, ID, "KILL").ok();
    assertEquals(137, one.end().code());
    ground.carafe("kill", "--pgid", shell, ID, "TERM").ok();
    assertEquals(143, two.end().code());
    assertTrue(ground.carafe("state", ID).ok().out().contains("running"));
  }

  private void awaitProcesses(int count) {
    ground
        .sh(
            "for i in $(seq 100); do [ $(carafe ps -f json $1 | tr , '\\n' | wc -l) = $2 ] && exit 0;"
                + " sleep 0.05; done; exit 1",
            ID,
            count)
        .ok();
  }

  @Test
  void anyNumberWaitAlsoAfterTheEndAndForJoinedOnes() {
    bundle.script("trap 'exit 9' TERM; while :; do sleep 0.1; done");
    up();
    Shell.Running before = ground.start("exec carafe wait \"$1\"", ID);
    Shell.Running also = ground.start("exec carafe wait --pid 1 \"$1\"", ID);
    Shell.Running joined =
        ground.start("exec carafe exec --pid-file \"$2/pid\" \"$1\" sleep 100", ID, ground.path());
    Shell.run(
            "for i in $(seq 100); do [ -s \"$1/pid\" ] && exit 0; sleep 0.05; done; exit 1",
            ground.path())
        .ok();
    Shell.Running forJoined =
        ground.start("exec carafe wait --rootpid $(cat \"$2/pid\") \"$1\"", ID, ground.path());
    awaitWaiting(before);
    awaitWaiting(also);
    awaitWaiting(forJoined);
    String answer = "{\"id\":\"" + ID + "\",\"exitStatus\":%s}\n";
    ground.sh("kill -USR1 $(cat \"$1/pid\")", ground.path()).ok();
    assertEquals(answer.formatted("138"), forJoined.end().ok().out());
    assertEquals(138, joined.end().code());
    ground.carafe("kill", ID, "TERM").ok();
    assertEquals(answer.formatted("9"), before.end().ok().out());
    assertEquals(answer.formatted("9"), also.end().ok().out());
    // The machine's process 1, whose child it was, has taken the status by now, or the kernel keeps
    // it.
    String after = ground.carafe("wait", ID).ok().out();
    assertTrue(
        after.equals(answer.formatted("9")) || after.equals(answer.formatted("null")), after);
  }

  /** Until the Java behind a command polls (system call 7 or 271) the process that it waits for. */
  private static void awaitWaiting(Shell.Running waiter) {
    Shell.run(
            "for i in $(seq 200); do for c in $(cat /proc/$1/task/$1/children); do"
                + " ls -l /proc/$c/fd 2>/dev/null | grep -q pidfd &&"
                + " grep -qE '^(7|271) ' /proc/$c/task/*/syscall && exit 0; done; sleep 0.05; done; exit 1",
            waiter.pid())
        .ok();
  }

  @Test
  void aRegularExpressionNamesSeveral() {
    up();
    String pattern = "^" + ID.substring(0, 6) + ".*" + ID.substring(ID.length() - 2) + "$";
    ground.carafe("kill", "--regex", "^nothing", "KILL").ok();
    assertTrue(ground.carafe("state", ID).ok().out().contains("running"));
    ground.carafe("kill", "--regex", pattern, "KILL").ok();
    ground
        .sh(
            "for i in $(seq 100); do carafe state $1 | grep -q stopped && exit 0; sleep 0.1; done; exit 1",
            ID)
        .ok();
    ground.carafe("delete", "--regex", pattern).ok();
    assertEquals(1, ground.carafe("state", ID).code());
    assertEquals(1, ground.carafe("delete", "--regex", "(").code());
  }

  @Test
  void itIsScheduledAsTheConfigurationSaysAndOnTheProcessorsForExec() {
    bundle
        .process("scheduler", "{\"policy\":\"SCHED_BATCH\",\"nice\":4}")
        .process("ioPriority", "{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":6}")
        .process("execCPUAffinity", "{\"initial\":\"0\",\"final\":\"1\"}");
    bundle.linux("personality", "{\"domain\":\"LINUX32\"}");
    up();
    String look =
        "busybox cut -d' ' -f19,41 /proc/self/stat; busybox ionice -p $$;"
            + " busybox uname -m; busybox taskset -p $$";
    String[] found = out("", look).split("\n", -1);
    assertEquals("4 3", found[0]);
    assertEquals("best-effort: prio 6", found[1]);
    assertTrue(List.of("i686", "armv8l").contains(found[2]), found[2]);
    assertTrue(found[3].endsWith(" 2"), "processor 1 and no other: " + found[3]);
  }

  @Test
  void aCgroupBelowTheContainersIsJoinedAndNoOther() {
    assumeTrue(
        Files.isDirectory(Path.of("/sys/fs/cgroup/memory")),
        "needs a memory hierarchy of version 1");
    up();
    String line = Shell.run("grep :memory: /proc/\"$1\"/cgroup", pid()).ok().out().strip();
    String own = line.substring(line.lastIndexOf(':') + 1);
    Shell.run("mkdir \"/sys/fs/cgroup/memory$1/below\"", own).ok();
    // Seen from outside: inside, the cgroup namespace shows the container's as the root.
    String joined =
        ground
            .sh(
                "carafe exec -d --cgroup memory:below --pid-file \"$2/pid\" \"$1\" sleep 100"
                    + " </dev/null >/dev/null 2>&1; grep -E ':(memory|pids):' /proc/$(cat \"$2/pid\")/cgroup"
                    + " | cut -d: -f2- | sort; kill -KILL $(cat \"$2/pid\")",
                ID,
                ground.path())
            .out();
    List<String> lines = joined.lines().toList();
    assertEquals("memory:" + own + "/below", lines.get(0));
    assertTrue(lines.get(1).endsWith("/" + ID), joined);
    for (String wrong : List.of("memory:..", "memory:../..", "memory:nowhere", "nothing:below")) {
      assertEquals(255, exec("--cgroup " + wrong, "true").code(), wrong);
    }
  }
}
