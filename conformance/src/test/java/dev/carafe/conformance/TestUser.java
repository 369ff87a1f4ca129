package dev.carafe.conformance;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A user of this machine, with a range of ids that {@code newuidmap} lets it map; made for a test
 * and removed after.
 */
final class TestUser implements AutoCloseable {
  /** The range is nobody's: it is far from what distributions give out. */
  static final int FIRST_ID = 1_700_000_000;

  static final int COUNT = 65_536;

  /** In a script that {@code bash -c} was given, with another one in its place 0. */
  private static final String EXEC = " exec bash -c \"$0\" \"$@\"";

  private static final String NAME = "carafe-test" + ProcessHandle.current().pid();

  private final String uid;
  private final String gid;
  private final Path runtime;

  /** Makes the user, who has a runtime directory in {@code ground}. */
  TestUser(Ground ground) {
    assumeTrue(
        Shell.run("[ \"$(id -u)\" = 0 ]").code() == 0, "only root can make a user for the test");
    assumeTrue(
        Shell.run("command -v useradd newuidmap setpriv unshare").code() == 0,
        "the packages passwd, uidmap and util-linux are needed");
    boolean done = false;
    try {
      Shell.run(
              "set -e; for f in /etc/subuid /etc/subgid; do [ -e $f ] || : >$f; done;"
                  + " useradd --system --user-group --no-create-home --home-dir / \"$1\";"
                  + " usermod --add-subuids \"$2\" --add-subgids \"$2\" \"$1\"",
              NAME,
              FIRST_ID + "-" + (FIRST_ID + COUNT - 1))
          .ok();
      uid = Shell.run("id -u \"$1\"", NAME).ok().out().strip();
      gid = Shell.run("id -g \"$1\"", NAME).ok().out().strip();
      runtime = ground.directory("runtime");
      own(runtime);
      Shell.run("chmod 700 \"$1\"", runtime).ok();
      assumeTrue(
          run("[ -x \"$1\" ]", Ground.program()).code() == 0,
          "another user cannot reach " + Ground.program() + ", so it cannot be run by one");
      done = true;
    } finally {
      if (!done) {
        close();
      }
    }
  }

  String uid() {
    return uid;
  }

  String gid() {
    return gid;
  }

  /** Returns its {@code $XDG_RUNTIME_DIR}. */
  Path runtime() {
    return runtime;
  }

  /** Gives a directory, and all in it, to this user. */
  void own(Path path) {
    Shell.run("chown -R -h \"$1:$2\" \"$3\"", uid, gid, path).ok();
  }

  /** Runs a script as this user; in it, {@code $CARAFE} is the program. */
  Shell.Result run(String script, Object... words) {
    return as("exec bash -c \"$@\"", "", script, words);
  }

  /**
   * Runs a script as root of a user namespace that this user has made, with its whole range: what
   * Podman without root does.
   */
  Shell.Result runInUserNamespace(String script, Object... words) {
    String unshare = "unshare --user --mount --map-root-user --map-auto";
    return as("exec bash -c \"$@\"", unshare, script, words);
  }

  /** Runs a script where all cgroups that are mounted are a hierarchy of version 2. */
  Shell.Result runOnVersion2(String script, Object... words) {
    String before = "umount -l /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup &&";
    return as("exec unshare --mount bash -c '" + before + EXEC + "' \"$@\"", "", script, words);
  }

  /**
   * Runs a script in a cgroup that belongs to this user, where all that is mounted is a hierarchy
   * of version 2. What is left of the cgroup is an error.
   */
  Shell.Result runDelegated(String script, Object... words) {
    String before =
        "set -e; own=$(sed -n s/^0:://p /proc/self/cgroup); umount -l /sys/fs/cgroup;"
            + " mount -t cgroup2 cgroup2 /sys/fs/cgroup; d=/sys/fs/cgroup/carafe-delegated$$;"
            + " mkdir -p $d/session; chown \"$2:$3\" $d $d/session $d/cgroup.procs"
            + " $d/session/cgroup.procs $d/cgroup.subtree_control; echo $$ >$d/session/cgroup.procs;"
            + " c=0; bash -c \"$0\" \"$@\" || c=$?;"
            + " echo $$ >/sys/fs/cgroup/$own/cgroup.procs; rmdir $d/session $d; exit $c";
    return as("exec unshare --mount bash -c '" + before + "' \"$@\"", "", script, words);
  }

  /**
   * Runs a script as this user.
   *
   * @param asRoot what root runs before; what follows is in its {@code "$@"}, as after {@code -c}
   * @param before a command that the script is given to
   */
  private Shell.Result as(String asRoot, String before, String script, Object... words) {
    List<Object> all = new ArrayList<>();
    all.add(
        "u=$1 g=$2 x=$3 c=$4 s=$5; shift 5; cd /;"
            + " exec setpriv --reuid \"$u\" --regid \"$g\" --clear-groups --inh-caps=-all"
            + " env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin XDG_RUNTIME_DIR=\"$x\" CARAFE=\"$c\" "
            + before
            + " bash -c \"$s\" bash \"$@\"");
    all.addAll(List.of("bash", uid, gid, runtime, Ground.program(), script));
    all.addAll(List.of(words));
    return Shell.run(asRoot, all.toArray());
  }

  @Override
  public void close() {
    Shell.run(
            "userdel \"$1\" 2>/dev/null; sed -i \"/^$1:/d\" /etc/subuid /etc/subgid;"
                + " ! grep \"^$1:\" /etc/passwd /etc/subuid /etc/subgid",
            NAME)
        .ok();
  }
}
