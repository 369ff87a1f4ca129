package dev.carafe.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What somebody at a terminal types into {@code run} and {@code exec}, with and without their own.
 */
final class TerminalTest {
  private static final String ID = "terminal-" + ProcessHandle.current().pid();

  /**
   * Starts {@code $1} on a terminal whose name is in {@code $tty}. {@code type} types, and {@code
   * await} waits for a text after all that was awaited before. What is typed comes back as an echo,
   * so what is awaited is typed with two quotes within.
   */
  private static final String TALK =
      """
      coproc script -qec "stty rows 20 cols 50; tty; $1" /dev/null
      in=${COPROC[1]} out=${COPROC[0]} pid=$COPROC_PID seen=
      type() { printf "$1" >&$in; }
      await() {
        until [[ $seen == *"$1"* ]]; do
          IFS= read -r -d '' -n 1 -t 30 -u $out c || { echo "no '$1' in: $seen"; kill $pid; exit 9; }
          seen+=$c
        done
        before=${seen%%"$1"*} seen=${seen#*"$1"}
      }
      front() { ps -t ${tty#/dev/} -o pid=,comm= | awk '/carafe|runc/ { print $1; exit }'; }
      ends() { wait $pid; code=$?; [ $code = $1 ] || { echo "code $code"; exit 8; }; }
      await $'\\n'; tty=${before%$'\\r'}
      """;

  /** A shell of the caller's, with job control. */
  private static final String SHELL = "PS1=@@ bash --norc -i";

  @SuppressWarnings("NullAway.Init") // JUnit calls the method that sets it before each test.
  private Ground ground;

  @SuppressWarnings("NullAway.Init")
  private Bundle bundle;

  @BeforeEach
  void open() {
    ground = new Ground();
    bundle = ground.bundle("bundle");
  }

  @AfterEach
  void close() {
    ground.carafe("delete", "--force", ID);
    ground.close();
  }

  /** Returns a command that has a shell in a container on the terminal. */
  private String shell(String way) {
    if (way.equals("run")) {
      bundle.process("terminal", "true").args("/bin/sh");
      return "carafe run -b " + bundle.path() + " " + ID;
    }
    return joined("-t", "/bin/sh");
  }

  /** Returns a command that joins a container that runs. */
  private String joined(String flags, String program) {
    bundle.args("/bin/sleep", "1000");
    ground.sh("carafe run -d -b \"$1\" $2 </dev/null >/dev/null 2>&1", bundle.path(), ID).ok();
    return "carafe exec " + flags + " " + ID + " " + program;
  }

  private void talk(String command, String script) {
    Shell.Result result = ground.sh(TALK + script, command);
    assertEquals(0, result.code(), result.out() + result.err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"run", "exec"})
  void controlCControlZAndJobControlWork(String way) throws IOException {
    Files.writeString(
        bundle.in("job"), "trap 'echo going' CONT; echo here; while :; do sleep 0.1; done");
    talk(
        shell(way),
        """
        type 'sh /job\\n'; await here
        type '\\032'; await Stopped; await '# '
        type 'jobs\\n'; await Stopped; await '# '
        type 'fg\\n'; await going
        type '\\032'; await Stopped; await '# '
        type 'bg\\n'; await going
        type 'jobs\\n'; await Running; await '# '
        type 'fg\\n'; await going
        type '\\003'; await '# '
        type 'echo en""ded $?\\n'; await 'ended 130'
        type 'exit 6\\n'
        ends 6
        """);
  }

  @ParameterizedTest
  @ValueSource(strings = {"run", "exec"})
  void aChangeOfTheWindowsSizeArrives(String way) throws IOException {
    Files.writeString(
        bundle.in("size"), "trap 'stty size' WINCH; stty size; while :; do sleep 0.1; done");
    talk(
        shell(way),
        """
        type 'sh /size\\n'; await '20 50'
        stty -F $tty rows 33 cols 77; await '33 77'
        stty -F $tty rows 34 cols 78; await '34 78'
        type '\\003'; await '# '
        type 'exit 6\\n'
        ends 6
        """);
  }

  /** As under runc: the keys' signals come to the command, which hands them on. */
  @ParameterizedTest
  @ValueSource(strings = {"carafe run", "carafe exec", "runc run", "runc exec"})
  void withoutATerminalOfItsOwnAProgramIsToldOfTheKeysAndTheCommandStays(String way)
      throws IOException {
    Files.writeString(
        bundle.in("keys"),
        "trap 'echo stop' TSTP; trap 'echo int; exit 7' INT; echo here; while :; do sleep 0.1; done");
    String program = way.startsWith("runc") ? "runc --root " + ground.path() + "/runc" : "carafe";
    String command;
    if (way.endsWith("run")) {
      bundle.args("/bin/sh", "/keys");
      command = program + " run -b " + bundle.path() + " " + ID;
    } else {
      bundle.args("/bin/sleep", "1000");
      ground
          .sh(program + " run -d -b \"$1\" $2 </dev/null >/dev/null 2>&1", bundle.path(), ID)
          .ok();
      command = program + " exec " + ID + " /bin/sh /keys";
    }
    try {
      // In a shell with job control, whose own job it is. Before the wait begins the key stops it.
      talk(
          SHELL,
          """
          type '%s\\n'; await here
          until grep -qE '^SigBlk:.*[89a-f].{4}$' /proc/$(front)/status || [ '%s' = runc ]; do sleep 0.1; done
          type '\\032'; await stop
          type '\\032'; await stop
          type '\\003'; await int; await '@@'
          type 'echo en""ded $?\\n'; await 'ended 7'
          type 'exit 6\\n'
          ends 6
          """
              .formatted(command, program.substring(0, 4)));
    } finally {
      Shell.run("runc --root \"$1/runc\" delete --force $2", ground.path(), ID);
    }
  }

  @Test
  void aCommandThatIsStoppedAndGoesOnHasItsTerminalAsBefore() {
    talk(
        SHELL,
        """
        type '%s\\n'; await '# '
        kill -STOP $(front); await Stopped; await '@@'
        stty -F $tty rows 33 cols 77
        type 'echo ou""ter\\n'; await outer
        type 'fg\\n'; await carafe; sleep 1
        type 'stty size\\n'; await '33 77'; await '# '
        type 'sh -c "echo he\\"\\"re; exec sleep 1000"\\n'; await here
        type '\\003'; await '# '
        type 'echo en""ded $?\\n'; await 'ended 130'
        type 'exit 5\\n'; await '@@'
        type 'echo en""ded $?\\n'; await 'ended 5'
        type 'exit 6\\n'
        ends 6
        """
            .formatted(shell("run")));
    assertEquals(List.of(), ground.ids());
  }

  @ParameterizedTest
  @ValueSource(strings = {"create", "run -d", "exec -d -t"})
  void theConsoleSocketGetsTheTerminalsDescriptor(String way) {
    String program = "[ -t 0 ] && [ -t 2 ] && tty";
    String words;
    if (way.startsWith("exec")) {
      words = joined("-d -t --console-socket \"$1\"", "/bin/sh -c '" + program + "'");
    } else {
      bundle.process("terminal", "true").script(program);
      words = "carafe " + way + " --console-socket \"$1\" -b " + bundle.path() + " " + ID;
    }
    if (way.equals("create")) {
      words += " && carafe start " + ID;
    }
    Shell.Result result =
        ground.sh(
            "\"$2\" receive \"$1\" size & for i in $(seq 100); do [ -S \"$1\" ] && break; sleep 0.1;"
                + " done; "
                + words
                + "; wait",
            ground.path().resolve("socket"),
            Ground.tool("inspect"));
    String out = result.ok().out();
    assertTrue(out.contains("message 0 descriptors 1 text /dev/p"), out + result.err());
    // Said by the program into its side of that terminal.
    assertTrue(out.contains("\n/dev/pts/0"), out + result.err());
  }
}
