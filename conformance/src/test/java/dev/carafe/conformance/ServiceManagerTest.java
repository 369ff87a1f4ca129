package dev.carafe.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Containers as services: readiness that is told to who asked, sockets that a manager opened, and
 * the first process as a descriptor.
 */
final class ServiceManagerTest {
  private static final String ID = "service";

  /** Waits in the background for what comes to a socket, and is ready when the script goes on. */
  private static final String LISTEN =
      "\"$1/bundle/rootfs/bin/manager\" $LISTEN \"$1/sock\" 2 >\"$1/got\" & l=$!;"
          + " while ! grep -q ready \"$1/got\"; do sleep 0.02; done;";

  private final Ground ground = new Ground();
  private final Bundle bundle = ground.bundle("bundle");

  private void place() throws IOException {
    Files.copy(Ground.tool("manager"), bundle.in("bin/manager"));
  }

  @AfterEach
  void close() {
    ground.carafe("delete", "--force", ID).ok();
    ground.close();
  }

  private String run(String script) {
    return ground.sh(script, ground.path(), ID).ok().out();
  }

  private static final String STATE_PID =
      " p=$(carafe state \"$2\" | sed -n 's/.*\"pid\": *\\([0-9]*\\).*/\\1/p');";

  @Test
  void readinessIsHandedOnWithTheFirstProcessWhenAllHasStarted() throws IOException {
    place();
    bundle.script("manager notify STATUS=hostile; manager notify READY=1; exec sleep 1000");
    String expected = "ready\nMAINPID=PID READY=1\nBARRIER=1\n";
    String listen = "LISTEN=datagrams; " + LISTEN + " export NOTIFY_SOCKET=\"$1/sock\";";
    String end = STATE_PID + " wait $l; sed \"s/$p/PID/\" \"$1/got\"";
    assertEquals(
        expected,
        run(listen + " carafe run -d -b \"$1/bundle\" \"$2\" </dev/null >/dev/null 2>&1;" + end));
    run("carafe delete -f \"$2\"; rm \"$1/sock\" \"$1/got\"");
    assertEquals(
        expected,
        run(
            listen
                + " carafe create -b \"$1/bundle\" \"$2\" </dev/null >/dev/null 2>&1;"
                + " carafe start \"$2\";"
                + end));
  }

  @Test
  void readinessOfOneInTheForegroundIsHandedOnToo() throws IOException {
    place();
    bundle.script("manager notify READY=1; sleep 0.2; exit 7");
    String got =
        run(
            "LISTEN=datagrams; "
                + LISTEN
                + " NOTIFY_SOCKET=\"$1/sock\" carafe run -b \"$1/bundle\" \"$2\"; echo $?;"
                + " wait $l; cat \"$1/got\"");
    assertTrue(got.matches("7\nready\nMAINPID=[0-9]+ READY=1\nBARRIER=1\n"), got);
  }

  @Test
  void aServiceThatEndsWithoutAWordHoldsNobodyUp() {
    bundle.script("exit 0");
    String said =
        run(
            "NOTIFY_SOCKET=\"$1/nobody\" carafe run -d -b \"$1/bundle\" \"$2\" </dev/null 2>&1;"
                + " echo $?");
    assertEquals("0\n", said);
  }

  @Test
  void socketsOfTheManagerComeFirstAndAreToldToTheFirstProcess() {
    bundle.script("echo $LISTEN_FDS $LISTEN_PID; cat <&3; cat <&4; cat <&5; ls /proc/self/fd");
    String got =
        run(
            "echo three >\"$1/3\"; echo four >\"$1/4\"; echo five >\"$1/5\";"
                + " export LISTEN_FDS=2; export LISTEN_PID=$$;"
                + " exec carafe run --preserve-fds 1 -b \"$1/bundle\" \"$2\""
                + " 3<\"$1/3\" 4<\"$1/4\" 5<\"$1/5\" 6</dev/null");
    assertEquals("2 1\nthree\nfour\nfive\n0\n1\n2\n3\n4\n5\n6\n", got);
  }

  @Test
  void thePlanShowsBoth() {
    bundle.script("true");
    String plan =
        run(
            "export LISTEN_FDS=2; export LISTEN_PID=$$; export NOTIFY_SOCKET=/run/systemd/notify;"
                + " exec carafe explain -b \"$1/bundle\" 3</dev/null 4</dev/null");
    assertTrue(plan.contains("\"LISTEN_FDS=2\", \"LISTEN_PID=1\""), plan);
    assertTrue(plan.contains("\"NOTIFY_SOCKET=/run/notify/notify.sock\""), plan);
    assertTrue(plan.contains("/notify on /run/notify"), plan);
    assertTrue(plan.contains("close_range(5, "), "3 and 4 stay open: " + plan);
    assertTrue(!plan.contains("READY"), plan);
  }

  @Test
  void socketsForAnotherProcessAreNotTaken() {
    bundle.script("echo \"<$LISTEN_FDS>\"; ls /proc/self/fd");
    String got =
        run(
            "export LISTEN_FDS=1; export LISTEN_PID=1;"
                + " exec carafe run -b \"$1/bundle\" \"$2\" 3</dev/null");
    assertEquals("<>\n0\n1\n2\n3\n", got, "3 is the directory that ls reads");
  }

  @Test
  void theFirstProcessIsSentAsADescriptor() throws IOException {
    place();
    bundle.args("/bin/sleep", "1000");
    String got =
        run(
            "LISTEN=descriptor; "
                + LISTEN
                + " carafe create --pidfd-socket \"$1/sock\" -b \"$1/bundle\" \"$2\" </dev/null"
                + " >/dev/null 2>&1;"
                + STATE_PID
                + " wait $l; sed \"s/$p/PID/\" \"$1/got\"");
    assertEquals("ready\nstandard\nPid:\tPID\n", got);
  }
}
