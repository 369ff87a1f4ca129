package dev.carafe.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.CarafeException;
import dev.carafe.InvalidConfigException;
import dev.carafe.linux.Errno;
import dev.carafe.linux.KernelException;
import dev.carafe.runtime.testing.TestBundle;
import dev.carafe.spec.Hook;
import dev.carafe.spec.Hooks;
import dev.carafe.spec.IdMapping;
import dev.carafe.spec.NamespaceType;
import dev.carafe.spec.NetDevice;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Network devices that move into the container (config-linux.md, Network Devices). Each test has a
 * pair of virtual ones on the host, of which one moves.
 */
final class NetDevicesTest {
  private static final String OUTER = "carafe-t0";
  private static final String PEER = "carafe-t1";
  private static final String OTHER = "carafe-t2";
  private static final NetDevice NAMELESS = new NetDevice(Optional.empty());

  private final TestBundle bundle = TestBundle.create();

  @BeforeEach
  void addDevices() throws Exception {
    removeDevices();
    ip("link add " + OUTER + " type veth peer name " + PEER);
    ip("addr add 192.0.2.7/24 dev " + OUTER);
    ip("addr add 192.0.2.9/24 brd 192.0.2.255 dev " + OUTER);
    ip("-6 addr add 2001:db8::7/64 dev " + OUTER + " nodad");
    ip("addr add 192.0.2.77/24 dev " + OUTER + " valid_lft 500 preferred_lft 500");
    ip("link set " + OUTER + " address 02:00:5e:00:53:01 mtu 1400 up");
    ip("link set " + PEER + " up");
  }

  @AfterEach
  void remove() throws Exception {
    bundle.close();
    removeDevices();
  }

  private static void removeDevices() throws Exception {
    // A namespace that has just ended takes its devices and their peers along in its own time.
    for (String name : List.of(PEER, OTHER)) {
      Answer answer = call("link del " + name);
      assertTrue(answer.code == 0 || call("link show " + name).code != 0, answer.text);
    }
  }

  private record Answer(int code, String text) {}

  private static Answer call(String words) throws IOException, InterruptedException {
    return run(("ip " + words).split(" ", -1));
  }

  private static Answer run(String... command) throws IOException, InterruptedException {
    java.lang.Process program = new ProcessBuilder(command).redirectErrorStream(true).start();
    String text = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Answer(program.waitFor(), text);
  }

  private static String ip(String words) throws IOException, InterruptedException {
    Answer answer = call(words);
    assertEquals(0, answer.code, answer.text);
    return answer.text;
  }

  private void device(String inner) {
    bundle.linux(l ->
        l.netDevices(
            Map.of(OUTER, new NetDevice(inner.isEmpty() ? Optional.empty() : Optional.of(inner)))));
  }

  private String show() {
    TestLaunch.Outcome outcome = TestLaunch.run(bundle.sh("ip -o addr; ip -o link"));
    assertEquals("", outcome.err());
    return outcome.out();
  }

  @Test
  void aDeviceMovesUnderItsNewNameWithItsAddressesAndIsUp() throws Exception {
    device("eth0");
    String shown = show();
    assertTrue(shown.contains("eth0    inet 192.0.2.7/24 "), shown);
    assertTrue(shown.contains("eth0    inet 192.0.2.9/24 brd 192.0.2.255 "), shown);
    assertTrue(shown.contains("eth0    inet6 2001:db8::7/64 scope global"), shown);
    assertFalse(shown.contains("192.0.2.77"), "only what was given for good: " + shown);
    assertTrue(shown.contains(" eth0@"), shown);
    assertTrue(shown.contains("mtu 1400"), shown);
    assertTrue(shown.contains("02:00:5e:00:53:01"), shown);
    assertTrue(shown.matches("(?s).* eth0@[^<]*<[^>]*,UP,.*"), shown);
    assertEquals(1, call("link show " + OUTER).code);
  }

  @Test
  void aDeviceKeepsItsNameWithoutAnother() {
    device("");
    assertTrue(show().contains(OUTER + "    inet 192.0.2.7/24 "));
  }

  @Test
  void aTemplateBecomesTheFirstNameThatIsFree() {
    device("net%d");
    assertTrue(show().contains("net0    inet 192.0.2.7/24 "));
  }

  @Test
  void aDeviceMovesIntoAJoinedNamespaceAndStaysThere() throws Exception {
    java.lang.Process owner =
        new ProcessBuilder("unshare", "--net", "sh", "-c", "echo ready; read line").start();
    try {
      assertEquals('r', owner.getInputStream().read());
      bundle.namespace(NamespaceType.NETWORK, Optional.of("/proc/" + owner.pid() + "/ns/net"));
      device("eth7");
      assertTrue(show().contains("eth7    inet 192.0.2.7/24 "));
      // The namespace is not ours: what is in it is its owner's to remove.
      String enter = "nsenter --net=/proc/" + owner.pid() + "/ns/net ip addr show eth7";
      assertTrue(run(enter.split(" ", -1)).text.contains("192.0.2.7/24"));
      bundle.linux(l -> l.netDevices(Map.of(PEER, new NetDevice(Optional.of("eth7")))));
      try (TestLaunch launch = new TestLaunch(bundle)) {
        CarafeException e = assertThrows(CarafeException.class, launch::create);
        assertEquals(
            "move network device "
                + PEER
                + " into the container: it has one of the name eth7; give another in"
                + " linux.netDevices",
            e.getMessage());
      }
      assertEquals(0, call("link show " + PEER).code, "it stays where it was");
    } finally {
      owner.destroyForcibly().waitFor();
    }
  }

  @Test
  void aDeviceMovesIntoAUserNamespace() {
    List<IdMapping> ids = List.of(new IdMapping(0, 100_000, 65_536));
    bundle.namespace(NamespaceType.USER, Optional.empty());
    bundle.linux(l -> l.uidMappings(ids).gidMappings(ids));
    device("eth0");
    assertTrue(show().contains("eth0    inet 192.0.2.7/24 "));
  }

  @Test
  void aDeviceComesBackWhenTheLaunchFails() throws Exception {
    device("eth0");
    Hook bad = new Hook("/bin/false", List.of(), List.of(), OptionalInt.empty());
    bundle.edit(s ->
        s.hooks(new Hooks(List.of(), List.of(bad), List.of(), List.of(), List.of(), List.of())));
    try (TestLaunch launch = new TestLaunch(bundle.sh("true"))) {
      assertThrows(CarafeException.class, launch::create);
    }
    String shown = ip("addr show " + OUTER);
    assertTrue(shown.contains("192.0.2.7/24"), shown);
    assertTrue(shown.contains("2001:db8::7/64"), shown);
    assertTrue(shown.contains(",UP"), shown);
  }

  @Test
  void aDeviceThatCannotComeBackKeepsNoOther() throws Exception {
    ip("link add " + OTHER + " type veth peer name carafe-t3");
    bundle.linux(
        l -> l.netDevices(Map.of(OUTER, new NetDevice(Optional.of("eth0")), OTHER, NAMELESS)));
    // Its name is taken meanwhile.
    String script = "ip link add " + OTHER + " type veth peer name carafe-t4; exit 1";
    Hook bad =
        new Hook(
            "/bin/sh",
            List.of("sh", "-c", script),
            List.of("PATH=/usr/sbin:/usr/bin:/sbin:/bin"),
            OptionalInt.empty());
    bundle.edit(s ->
        s.hooks(new Hooks(List.of(), List.of(bad), List.of(), List.of(), List.of(), List.of())));
    try (TestLaunch launch = new TestLaunch(bundle.sh("true"))) {
      assertThrows(CarafeException.class, launch::create);
    }
    assertTrue(ip("addr show " + OUTER).contains("192.0.2.7/24"));
  }

  @Test
  void aDeviceThatIsNotThereIsNamed() {
    bundle.linux(l -> l.netDevices(Map.of("carafe-none", new NetDevice(Optional.empty()))));
    try (TestLaunch launch = new TestLaunch(bundle.sh("true"))) {
      KernelException e = assertThrows(KernelException.class, launch::create);
      assertEquals(Errno.ENODEV, e.errno());
      assertTrue(TestLaunch.message(e).startsWith("move network device carafe-none into"));
    }
  }

  @Test
  void aPlanMovesNothing() throws Exception {
    device("eth0");
    try (Caller caller = new JvmCaller()) {
      Explain plan =
          Explain.launch(
              caller,
              "test",
              bundle.sh("true").spec(),
              bundle.path().toString(),
              new dev.carafe.runtime.testing.NoCgroup(),
              LaunchOptions.NONE);
      assertTrue(plan.toText().contains("set network device eth0 up"), plan.toText());
    }
    assertEquals(0, call("link show " + OUTER).code);
  }

  @Test
  void aDeviceNeedsANetworkNamespace() {
    device("");
    bundle.withoutNamespace(NamespaceType.NETWORK);
    try (TestLaunch launch = new TestLaunch(bundle.sh("true"))) {
      InvalidConfigException e = assertThrows(InvalidConfigException.class, launch::create);
      assertEquals(
          "linux.netDevices needs a network namespace in linux.namespaces", e.getMessage());
    }
  }
}
