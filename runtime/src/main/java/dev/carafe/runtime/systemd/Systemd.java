package dev.carafe.runtime.systemd;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Mode;
import dev.carafe.linux.Stat;
import dev.carafe.linux.Sys;
import java.util.List;
import java.util.Optional;

/**
 * A service manager: that of the machine, or a user's. Errors are {@link SystemdException}; nothing
 * waits longer than {@link #PATIENCE_MILLIS}, since what should answer may be stopped itself.
 */
public final class Systemd implements AutoCloseable {
  /** How long systemd may take for one thing. */
  public static final long PATIENCE_MILLIS = 30_000;

  private static final String NAME = "org.freedesktop.systemd1";
  private static final String OBJECT = "/org/freedesktop/systemd1";
  private static final String MANAGER = "org.freedesktop.systemd1.Manager";
  private static final String EXISTS = "org.freedesktop.systemd1.UnitExists";
  private static final String NO_SUCH_UNIT = "org.freedesktop.systemd1.NoSuchUnit";
  private static final String SCOPE = "org.freedesktop.systemd1.Scope";
  private static final String SLICE = "org.freedesktop.systemd1.Slice";
  private static final String NO_OBJECT = "org.freedesktop.DBus.Error.UnknownObject";
  private static final String NOT_LOADED = "org.freedesktop.systemd1.LoadFailed";

  private final Bus bus;

  private Systemd(Bus bus) {
    this.bus = bus;
  }

  /**
   * A property of a unit.
   *
   * @param name its name, as systemd's D-Bus interface has it.
   * @param value its value.
   */
  public record Property(String name, Value value) {}

  /**
   * Connects.
   *
   * @param user whether to the service manager of the user, whose runtime directory is given
   * @param runtimeDirectory {@code $XDG_RUNTIME_DIR}
   */
  public static Systemd connect(boolean user, Optional<String> runtimeDirectory) {
    // What every system that systemd has started has: sd_booted(3). The words are runc's.
    if (Sys.statIfThere(Fd.CWD, "/run/systemd/system", 0).filter(Systemd::isDirectory).isEmpty()) {
      throw new SystemdException(
          "systemd cgroup flag passed, but systemd support for managing cgroups is not available:"
              + " systemd is not process 1 here; leave out --systemd-cgroup");
    }
    if (!user) {
      return connect("/run/systemd/private", "/run/dbus/system_bus_socket");
    }
    if (runtimeDirectory.isEmpty() || runtimeDirectory.get().isEmpty()) {
      throw new SystemdException(
          "cannot ask the user's systemd for a cgroup: XDG_RUNTIME_DIR is not set; log in, or have"
              + " root do loginctl enable-linger USER and set it to /run/user/UID");
    }
    String directory = runtimeDirectory.get();
    return connect(directory + "/systemd/private", directory + "/bus");
  }

  private static boolean isDirectory(Stat stat) {
    return stat.is(Mode.DIRECTORY);
  }

  /** systemd itself is there also while its bus is not; but a container may be given only a bus. */
  private static Systemd connect(String itself, String viaBus) {
    try {
      return new Systemd(Bus.connect(itself, false, PATIENCE_MILLIS));
    } catch (KernelException e) {
      if (e.errno() != Errno.ENOENT
          && e.errno() != Errno.ECONNREFUSED
          && e.errno() != Errno.EACCES) {
        throw e;
      }
    }
    Bus bus;
    try {
      bus = Bus.connect(viaBus, true, PATIENCE_MILLIS);
    } catch (KernelException e) {
      throw new SystemdException(
          "cannot ask systemd for a cgroup: neither "
              + itself
              + " nor "
              + viaBus
              + " can be connected to: "
              + Errno.name(e.errno()));
    }
    boolean done = false;
    try {
      bus.subscribe(MANAGER);
      Systemd systemd = new Systemd(bus);
      Bus.Message _ = systemd.manager("Subscribe");
      done = true;
      return systemd;
    } finally {
      if (!done) {
        bus.close();
      }
    }
  }

  private Bus.Message manager(String member, Value... arguments) {
    return bus.call(NAME, OBJECT, MANAGER, member, arguments);
  }

  /** Returns the number of its version, such as 252. */
  public int version() {
    String text = property(OBJECT, MANAGER, "Version");
    int number = 0;
    for (int i = 0; i < text.length() && (number == 0 || isDigit(text.charAt(i))); i++) {
      if (isDigit(text.charAt(i))) {
        number = 10 * number + text.charAt(i) - '0';
      }
    }
    return number;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  /** Returns the cgroup below which those of its units are; empty for the root. */
  public String controlGroup() {
    String path = property(OBJECT, MANAGER, "ControlGroup");
    return path.equals("/") ? "" : path;
  }

  /**
   * Returns the cgroup of a unit, from the top; empty text if it has none, as one that failed, and
   * nothing if there is no such unit.
   */
  public Optional<String> controlGroup(String unit) {
    String kind = unit.endsWith(".slice") ? SLICE : SCOPE;
    try {
      String object = manager("GetUnit", Value.of(unit)).body().string();
      return Optional.of(property(object, kind, "ControlGroup"));
    } catch (SystemdException e) {
      if (isGone(e) || e.error().equals(NO_OBJECT)) {
        return Optional.empty();
      }
      throw failed("find unit " + unit, e);
    }
  }

  /**
   * Returns whether process ids mean the same to systemd as here. In another pid namespace it, or
   * the bus that it listens for, is not to be seen.
   */
  public boolean knowsOurPids() {
    return bus.peerPid() != 0;
  }

  private String property(String object, String anInterface, String name) {
    return bus.call(
            NAME,
            object,
            "org.freedesktop.DBus.Properties",
            "Get",
            Value.of(anInterface),
            Value.of(name))
        .body()
        .stringInVariant();
  }

  /**
   * Makes a unit and waits until it is started.
   *
   * @return false if there is one of that name
   */
  public boolean start(String unit, List<Property> properties) {
    Bus.Message answer;
    try {
      answer =
          manager(
              "StartTransientUnit",
              Value.of(unit),
              Value.of("replace"),
              array(properties),
              new Value.Array("(sa(sv))", List.of()));
    } catch (SystemdException e) {
      if (e.error().equals(EXISTS)) {
        return false;
      }
      throw failed("start unit " + unit, e);
    }
    String result = await(answer.body().string());
    if (!result.equals("done")) {
      throw new SystemdException(
          "systemd did not start unit " + unit + ": " + result + "; journalctl may say why");
    }
    return true;
  }

  /** Stops a unit and waits for that, and forgets that it may have failed; none is no error. */
  public void stop(String unit) {
    try {
      String result =
          await(manager("StopUnit", Value.of(unit), Value.of("replace")).body().string());
      if (!result.equals("done") && !result.equals("canceled")) {
        throw new SystemdException("systemd did not stop unit " + unit + ": " + result);
      }
    } catch (SystemdException e) {
      if (!isGone(e)) {
        throw failed("stop unit " + unit, e);
      }
    }
    resetFailed(unit);
  }

  /** Forgets that a unit has failed, so that its name is free. */
  public void resetFailed(String unit) {
    try {
      Bus.Message _ = manager("ResetFailedUnit", Value.of(unit));
    } catch (SystemdException e) {
      if (!isGone(e)) {
        throw failed("reset unit " + unit, e);
      }
    }
  }

  private static boolean isGone(SystemdException e) {
    return e.error().equals(NO_SUCH_UNIT) || e.error().equals(NOT_LOADED);
  }

  /** Changes properties of a unit, until the next boot. */
  public void set(String unit, List<Property> properties) {
    try {
      Bus.Message _ =
          manager("SetUnitProperties", Value.of(unit), Value.of(true), array(properties));
    } catch (SystemdException e) {
      throw failed("set properties of unit " + unit, e);
    }
  }

  private static SystemdException failed(String what, SystemdException e) {
    if (e.error().isEmpty()) {
      return e;
    }
    SystemdException told =
        new SystemdException("systemd cannot " + what + ": " + e.reason(), e.error());
    told.addSuppressed(e);
    return told;
  }

  private static Value array(List<Property> properties) {
    List<Value> all = new java.util.ArrayList<>();
    for (Property each : properties) {
      all.add(new Value.Struct(List.of(Value.of(each.name()), new Value.Variant(each.value()))));
    }
    return new Value.Array("(sv)", all);
  }

  /** Waits for the end of a job; returns its result. */
  private String await(String job) {
    long end = bus.end();
    while (true) {
      Optional<Bus.Message> signal = bus.signal(end);
      if (signal.isEmpty()) {
        return "no end within " + PATIENCE_MILLIS / 1000 + " s";
      }
      if (signal.get().member().equals("JobRemoved")) {
        // Its number, its path, the unit's name, the result.
        MessageReader body = signal.get().body();
        long _ = body.number(4);
        String path = body.string();
        String _ = body.string();
        if (path.equals(job)) {
          return body.string();
        }
      }
    }
  }

  @Override
  public void close() {
    bus.close();
  }
}
