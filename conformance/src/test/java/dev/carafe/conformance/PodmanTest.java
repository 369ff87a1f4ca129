package dev.carafe.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Debian's Podman with {@code --runtime carafe}: images made on the spot, no registry, no network.
 * All that Podman keeps is below the test's directory, but for its cache of what registries have;
 * what it leaves of a container fails the test.
 */
@Tag("long")
final class PodmanTest {
  /** The words of {@code inspect} for a container's status and exit code. */
  private static final String STATUS =
      "podman inspect --format '{{.State.Status}} {{.State.ExitCode}}' ";

  /** Where Podman puts the cgroups of containers and of its monitors. */
  private static final String CGROUPS =
      "find /sys/fs/cgroup -depth -type d -path '*/libpod_parent*' 2>/dev/null";

  @SuppressWarnings("NullAway.Init") // JUnit calls the method that sets it before each test.
  private Ground ground;

  @BeforeEach
  void open() {
    assumeTrue(Shell.run("[ \"$(id -u)\" = 0 ]").code() == 0, "Podman's storage is made by root");
    assumeTrue(
        Shell.run("command -v podman conmon script && [ -e /usr/libexec/podman/catatonit ]").code()
            == 0,
        "the packages podman, conmon, catatonit and bsdutils are needed");
    ground = new Ground();
    Shell.run(
            "cd \"$1\" && mkdir -p image/bin image/tmp image/etc && cp /bin/busybox image/bin"
                + " && for a in $(busybox --list); do ln -sf busybox image/bin/$a; done"
                + " && chmod 1777 image/tmp && rm -f image/bin/busybox"
                + " && cp /bin/busybox image/bin/busybox && tar -C image -cf image.tar .",
            ground.path())
        .ok();
  }

  @AfterEach
  void nothingIsLeft() {
    // On version 1 Podman leaves its parent cgroups to the next container.
    Shell.Result cgroups =
        Shell.run(
            CGROUPS + " | grep -vE '/libpod_parent(/conmon)?$'; " + CGROUPS + " | xargs -r rmdir");
    Shell.Result monitors = Shell.run("pgrep -a conmon | grep -F \"$1\"", ground.path());
    Shell.Result mounts = Shell.run("grep -F \"$1\" /proc/mounts", ground.path());
    ground.close();
    assertEquals("", cgroups.out() + monitors.out() + mounts.out());
  }

  /** Writes a {@code podman} that keeps all below a directory; returns the directory it is in. */
  private Path podman(Path kept, Path runtime) throws IOException {
    // Limits of the containers' own: those that Podman would set may be above this machine's.
    Path conf = kept.resolve("containers.conf");
    Files.writeString(
        conf,
        "[containers]\ndefault_ulimits = [\"nofile=512:1024\", \"nproc=500:1000\"]\n"
            + "[engine]\nlock_type = \"file\"\nimage_copy_tmp_dir = \""
            + kept
            + "\"\n");
    Path bin = Files.createDirectories(kept.resolve("bin"));
    Files.writeString(
        bin.resolve("podman"),
        """
        #!/bin/sh
        k='%s'
        export CONTAINERS_CONF="$k/containers.conf" TMPDIR="$k"
        exec /usr/bin/podman --root "$k/storage" --runroot "$k/run" --tmpdir "$k/tmp" \\
          --storage-driver vfs --cgroup-manager cgroupfs --events-backend file \\
          --runtime '%s' "$@"
        """
            .formatted(kept, runtime));
    Shell.run("chmod 755 \"$1/podman\"", bin).ok();
    return bin;
  }

  /** Runs a script, in which {@code podman} runs containers by the program under test. */
  private Shell.Result sh(String script, Object... words) throws IOException {
    Path kept = ground.directory("podman");
    Path bin = podman(kept, ground.wrapper().resolve("carafe"));
    return ground.sh(
        "export PATH='"
            + bin
            + "':\"$PATH\" IMAGE='"
            + ground.path()
            + "/image.tar'; podman import -q \"$IMAGE\" box >/dev/null 2>&1 || exit 99; "
            + script,
        words);
  }

  /** Runs a script, and asserts what it prints. */
  private void prints(String wanted, String script) throws IOException {
    Shell.Result result = sh(script + "\npodman ps -aq; podman pod ps -q");
    assertEquals(wanted, result.out().replace("\r", ""), result.err());
    assertEquals(List.of(), ground.ids());
  }

  @Test
  void aRunGivesItsStreamsAndItsExitCode() throws IOException {
    prints(
        "out\nin\n7\n127\n126\n",
        """
        run='podman run --rm --network none'
        $run box sh -c 'echo out; echo err >&2' 2>/dev/null
        echo in | $run -i box sh -c 'cat; exit 7'; echo $?
        $run box nothing; echo $?
        $run box /etc; echo $?
        """);
  }

  @Test
  void aTerminalIsOneInRunAndInExec() throws IOException {
    prints(
        "/dev/pts/0\n33 77\n3\n/dev/pts/0\n4\n",
        """
        on() { script -qec "stty rows 33 cols 77; $1" /dev/null </dev/null | sed 's/\\^@//g'; echo ${PIPESTATUS[0]}; }
        size='until stty size 2>/dev/null | grep "33 77"; do sleep 0.1; done'
        on "podman run --rm -it --network none box sh -c 'tty; $size; exit 3'"
        podman run -d --name web --network none box sleep 1000 >/dev/null
        on "podman exec -it web sh -c 'tty; exit 4'"
        podman rm -f -t 0 web >/dev/null
        """);
  }

  @Test
  void controlCAndJobControlWorkOnATerminal() throws IOException {
    Shell.Result result =
        sh(
            """
            coproc script -qec 'podman run --rm -it --network none box sh' /dev/null
            in=${COPROC[1]} out=${COPROC[0]} pid=$COPROC_PID
            until_() { while IFS= read -r -u $out line; do case $line in *"$1"*) return;; esac; done; exit 9; }
            printf 'echo re""ady\\n' >&$in; until_ ready
            printf 'sleep 1000\\n' >&$in; sleep 1
            printf '\\032' >&$in; until_ Stopped
            printf 'fg\\n' >&$in; until_ 'sleep 1000'; sleep 1
            printf '\\003' >&$in
            printf 'echo cod""e $?; exit 6\\n' >&$in; until_ code
            echo "$line"; wait $pid; echo $?
            """);
    assertEquals("code 130\n6\n", result.out().replace("\r", ""), result.err());
    assertEquals(List.of(), ground.ids());
  }

  @Test
  void aContainerInTheBackgroundLivesThroughAllThatPodmanDoes() throws IOException {
    prints(
        """
        running 0
        uid=0 gid=0
        9
        sh
        sleep 1000
        paused 0
        255
        running 0
        web 3
        up
        term
        5
        exited 5
        running 0
        running 0
        137
        """,
        """
        podman run -d --name web --network none box \\
          sh -c 'trap "echo term; exit 5" TERM; echo up; sleep 1000 & while :; do wait; done' >/dev/null
        """
            + STATUS
            + """
            web
            podman exec web sh -c 'id; exit 9'; echo $?
            podman exec -d web sleep 1000 >/dev/null
            podman top web comm | sed -n 2p
            podman top web -o args | grep -m 1 -x 'sleep 1000'
            podman pause web >/dev/null
            """
            + STATUS
            + """
            web
            podman exec web true; echo $?
            podman unpause web >/dev/null
            """
            + STATUS
            + """
            web
            podman stats --no-stream --format '{{.Name}} {{.PIDs}}' web
            podman stop web >/dev/null
            podman logs web
            podman wait web
            """
            + STATUS
            + """
            web
            podman start web >/dev/null
            """
            + STATUS
            + """
            web
            podman restart -t 5 web >/dev/null
            """
            + STATUS
            + """
            web
            podman kill web >/dev/null
            podman wait web
            podman rm web >/dev/null
            """);
  }

  @Test
  void whatIsAskedOfAContainerIsDone() throws IOException {
    prints(
        """
        5 6 /tmp A
        Read-only file system
        00000000000000a0 1 2
        /run/podman-init
        16777216 20
        box /new
        """,
        """
        run='podman run --rm --network none'
        $run -u 5:6 -w /tmp -e V=A box sh -c 'echo $(id -u) $(id -g) $(pwd) $V'
        $run --read-only -v "${IMAGE%/*}/image:/mnt:ro" box sh -c '>/tmp/x; >/run/x; (>/x) 2>&1; >/mnt/x' 2>/dev/null |
          sed -n 's/.*: //p'
        $run --cap-drop all --cap-add setuid --cap-add kill --security-opt no-new-privileges box \\
          awk '/CapBnd|NoNewPrivs|Seccomp:/ { printf "%s ", $2 }' /proc/self/status | sed 's/ $/\\n/'
        $run --init box cat /proc/1/cmdline | cut -d '' -f 1
        $run --memory 16m --pids-limit 20 box sh -c \\
          'echo $(cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/pids/pids.max)'
        $run --hostname box --tmpfs /new:mode=700,size=64k --uidmap 0:100000:1000 box \\
          sh -c 'echo $(hostname) $(mount | cut -d" " -f3 | grep new)'
        """);
  }

  @Test
  void anImageIsBuiltByRunningItsSteps() throws IOException {
    prints(
        "built as 0\n",
        """
        cd "${IMAGE%/*}"
        printf 'FROM scratch\\nCOPY image /\\nRUN echo built as $(id -u) >/made\\nCMD ["cat","/made"]\\n' >Containerfile
        podman build -q --network none -t made . >/dev/null
        podman run --rm --network none made
        """);
  }

  @Test
  void aPodOfTwoSharesWhatItsInfrastructureContainerHolds() throws IOException {
    prints(
        """
        from one
        1 catatonit
        sleep sleep
        Running 3
        Paused
        Running
        Running
        Exited
        """,
        """
        state() { podman pod inspect --format "$1" duo; }
        podman pod create --name duo --network none --share pid,ipc,uts,net >/dev/null
        podman run -d --pod duo --name one box sh -c 'echo from one >/dev/shm/x; exec sleep 1000' >/dev/null
        podman run -d --pod duo --name two box sleep 1000 >/dev/null
        podman exec two sh -c 'cat /dev/shm/x; echo 1 $(cat /proc/1/comm); echo $(pidof sleep | wc -w)' |
          sed 's/^2$/sleep sleep/'
        state '{{.State}} {{.NumContainers}}'
        podman pod pause duo >/dev/null; state '{{.State}}'
        podman pod unpause duo >/dev/null; state '{{.State}}'
        podman pod restart duo >/dev/null 2>&1; state '{{.State}}'
        podman pod kill duo >/dev/null
        for i in $(seq 50); do [ "$(state '{{.State}}')" != Exited ] || break; sleep 0.1; done
        state '{{.State}}'
        podman pod rm -f duo >/dev/null
        """);
  }

  @Test
  void aUserWithoutRightsRunsContainersToo() throws IOException {
    try (TestUser user = new TestUser(ground)) {
      Path kept = ground.directory("home");
      Path bin = podman(kept, Ground.program());
      user.own(kept);
      Shell.Result result =
          user.run(
              """
              export HOME="$2" PATH="$1:$PATH"; cd
              podman import -q "$3" box >/dev/null 2>&1 || exit 99
              podman run --rm --network none box sh -c 'id -u; cut -c 1-10 /proc/self/uid_map | wc -l; exit 7'
              echo $?
              podman run -d --network none --name web box sleep 1000 >/dev/null
              podman exec web sh -c 'echo $(id -u) $(ps | grep -c "[s]leep 1000"); exit 9'; echo $?
              podman exec -u 5 web id -u
              podman top web comm
              podman stop -t 0 web >/dev/null; podman wait web
              podman rm web >/dev/null
              "$CARAFE" list -q
              podman system reset -f >/dev/null 2>&1
              podman system migrate >/dev/null 2>&1
              """,
              bin,
              kept,
              ground.path().resolve("image.tar"));
      assertEquals("0\n2\n7\n0 1\n9\n5\nCOMMAND\nsleep\n137\n", result.out(), result.err());
      // Process 1 of some machines reaps orphans only every few seconds.
      Shell.run(
              "for i in $(seq 100); do pgrep -U \"$1\" >/dev/null || exit 0; sleep 0.1; done; exit 1",
              user.uid())
          .ok();
    }
  }
}
