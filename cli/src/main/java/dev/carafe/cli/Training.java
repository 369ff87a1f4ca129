package dev.carafe.cli;

import dev.carafe.linux.Arch;
import dev.carafe.linux.Arg;
import dev.carafe.linux.Batch;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Front;
import dev.carafe.linux.Open;
import dev.carafe.linux.OsString;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Sys;
import dev.carafe.linux.Syscall;
import dev.carafe.spec.DefaultSpec;
import dev.carafe.spec.Linux;
import dev.carafe.spec.Mount;
import dev.carafe.spec.Pids;
import dev.carafe.spec.Process;
import dev.carafe.spec.Resources;
import dev.carafe.spec.Root;
import dev.carafe.spec.Seccomp;
import dev.carafe.spec.SeccompAction;
import dev.carafe.spec.SeccompArch;
import dev.carafe.spec.SeccompArg;
import dev.carafe.spec.SeccompFlag;
import dev.carafe.spec.SeccompOperator;
import dev.carafe.spec.SeccompRule;
import dev.carafe.spec.Spec;
import dev.carafe.spec.SpecReader;
import dev.carafe.spec.SpecWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The training run behind the start-up cache, see {@code scripts/make-cache}: every command in this
 * process, so that the JVM sees all classes that they need, and few others, since each costs a
 * little at every start. The containers are real ones, in a state root of its own. Where they
 * cannot be made, the cache only holds less. No command line leads here.
 */
final class Training {
  private static final List<String> SYSTEM =
      List.of("/bin", "/lib", "/lib32", "/lib64", "/libx32", "/sbin", "/usr");

  private final Front front;
  private final String directory;
  private final String unique = Sys.getpid() + "-" + Long.toString(System.nanoTime(), 36);

  private Training(Front front, String directory) {
    this.front = front;
    this.directory = directory;
  }

  public static void main(String[] none) {
    Front front = Front.open();
    Training training = new Training(front, front.hello().arguments().get(1));
    training.run();
    // A JVM that ends as the last thing after a wait gets a successor.
    Foreground.holdSignals(front);
    // Says to the script that this came to its end.
    Sys.open(training.directory + "/trained", Open.WRONLY | Open.CREAT, 0600).close();
  }

  private void run() {
    String bundle = bundle("plain", false, List.of("/bin/true"));
    String terminal = bundle("terminal", true, List.of("/bin/true"));
    String sleeping = bundle("sleeping", false, List.of("/bin/sleep", "100"));
    write(
        "process.json",
        SpecWriter.writeProcess(Process.builder(List.of("/bin/true"), "/").build()));
    Pids pids = new Pids(OptionalLong.of(200));
    write("limits.json", SpecWriter.writeResources(Resources.builder().pids(pids).build()));
    String one = id("one");
    String four = id("four");
    String five = id("five");
    String six = id("six");
    String log = "--log=" + directory + "/log.json";
    call("--version");
    call("help");
    call("help", "run");
    call("run", "--nonsense");
    call("spec", "--bundle", directory);
    call("spec", "--bundle", directory);
    call("spec", "--rootless", "--bundle", bundle + "/rootfs");
    call("features");
    call("explain", "--bundle", bundle);
    call("explain", "--format=json", "--bundle", bundle);
    call("list");
    call("create", "--bundle", sleeping, "--pid-file", directory + "/pid", one);
    call("create", "--bundle", sleeping, one);
    spaceOut(one);
    call("state", one);
    call("start", one);
    call("list");
    call("list", "--format", "json");
    call("list", "--quiet");
    call("exec", one, "/bin/true");
    call("exec", "--user", "nobody", "--env", "A=B", "--cwd", "/", one, "/bin/true");
    call("exec", "--detach", "--pid-file", directory + "/pid", one, "/bin/true");
    reapDetached();
    call("exec", "--process", directory + "/process.json", one);
    call("exec", "--tty", one, "/bin/true");
    call("exec", one, "nonsense");
    call("events", "--stats", one);
    call("ps", one);
    call("ps", "--format=json", one);
    call("pause", one);
    call("exec", one, "/bin/true");
    call("resume", one);
    call("update", "--pids-limit", "100", one);
    call("update", "--memory", "1g", "--cpu-quota", "50000", "--cpu-share", "512", one);
    call("update", "--resources", directory + "/limits.json", one);
    call("update", "--memory", "x", one);
    call("delete", one);
    call("kill", one, "KILL");
    call("kill", "--all", one, "9");
    call("wait", one);
    call("kill", "--pid=1", one, "KILL");
    call("kill", "--regex", one, "KILL");
    call("delete", "--force", one);
    call("run", "--bundle", bundle, id("two"));
    call("run", "--bundle", terminal, id("three"));
    call("run", "--detach", "--bundle", bundle("short", false, List.of("/bin/sleep", "1")), six);
    call("events", "--interval", "10ms", six);
    call("delete", "--force", six);
    call("run", "--detach", "--bundle", sleeping, four);
    call("delete", "--force", four);
    call("run", "--bundle", filtered(), id("filtered"));
    call("run", "--keep", "--bundle", bundle, five);
    call(FinishCommand.NAME, five, "another instance", "0");
    call(log, "--log-format=json", "state", id("nobody"));
    call("--short-id", "delete", id("fi"));
    // A word that is not Latin text: any command may meet one, as ps does in other processes.
    call("state", OsString.decode(new byte[] {(byte) 0xff}));
    trainPod();
    call("do", "--", "/bin/true");
    call("do", "--network", "host", "--env", "A=B", "--", "true");
  }

  /** A pod, one of whose containers has a volume that it shares. */
  private void trainPod() {
    String pod = id("pod");
    String member = id("member");
    String hint = "dev.gvisor.spec.mount.volume.";
    String podBundle =
        annotated(
            "pod",
            Map.of(
                "io.kubernetes.cri.container-type",
                "sandbox",
                hint + "type",
                "tmpfs",
                hint + "share",
                "pod",
                hint + "source",
                "shm"));
    String memberBundle =
        annotated(
            "member",
            Map.of(
                "io.kubernetes.cri.container-type",
                "container",
                "io.kubernetes.cri.sandbox-id",
                pod));
    call("create", "--bundle", memberBundle, member);
    call("create", "--bundle", podBundle, pod);
    call("start", pod);
    call("create", "--bundle", memberBundle, member);
    call("start", member);
    call("delete", "--force", pod);
    call("delete", member);
  }

  private String annotated(String name, Map<String, String> annotations) {
    String path = bundle(name, false, List.of("/bin/sleep", "100"));
    Spec spec = SpecReader.read(Sys.readFile(Fd.CWD, path + "/config.json", 1 << 20), path);
    write(
        name + "/config.json", SpecWriter.write(spec.toBuilder().annotations(annotations).build()));
    return path;
  }

  /** Changes the bytes of a state, since one that this process has written it would not parse. */
  private void spaceOut(String id) {
    String file = directory + "/root/containers/" + id + "/state.json";
    try (Fd state = Sys.open(file, Open.WRONLY | Open.APPEND, 0)) {
      Sys.writeFully(state, new byte[] {'\n'});
    }
  }

  /**
   * Its parent is the front, which elsewhere has ended by then. As long as nobody waits for it, the
   * kernel does not let the container's first process go.
   */
  private void reapDetached() {
    int pid = Integer.parseInt(OsString.decode(Sys.readFile(Fd.CWD, directory + "/pid", 16)));
    Batch batch = front.agent().batch();
    Ref _ =
        batch.tryCall(
            "wait for process " + pid, Syscall.WAIT4, Arg.of(pid), Arg.ZERO, Arg.ZERO, Arg.ZERO);
    Reply _ = front.agent().run(batch);
  }

  /** An id becomes the name of a cgroup, which all of the machine shares, as may another build. */
  private String id(String name) {
    return "training-" + unique + "-" + name;
  }

  private void call(String... words) {
    List<String> line = new ArrayList<>();
    line.add("carafe");
    line.add("--root=" + directory + "/root");
    line.addAll(List.of(words));
    int _ = Main.run(front, line);
  }

  /** Makes a bundle whose root file system has the host's programs. */
  private String bundle(String name, boolean terminal, List<String> args) {
    String path = directory + "/" + name;
    Sys.mkdirat(Fd.CWD, path, 0700);
    Sys.mkdirat(Fd.CWD, path + "/rootfs", 0755);
    Spec base = DefaultSpec.create(false);
    Process process = base.process().orElseThrow();
    List<Mount> mounts = new ArrayList<>(base.mounts());
    for (String each : SYSTEM) {
      if (Sys.statIfThere(Fd.CWD, each, 0).isPresent()) {
        mounts.add(Mount.of(each, "none", each, List.of("rbind", "ro")));
      }
    }
    // As Podman makes its tmpfs mounts.
    Sys.mkdirat(Fd.CWD, path + "/rootfs/copied", 0755);
    write(name + "/rootfs/copied/file", new byte[] {1});
    mounts.add(Mount.of("/copied", "tmpfs", "tmpfs", List.of("rw", "tmpcopyup")));
    Spec spec =
        base.toBuilder()
            .process(process.toBuilder().args(args).terminal(terminal).build())
            .root(new Root("rootfs", false))
            .mounts(mounts)
            .build();
    write(name + "/config.json", SpecWriter.write(spec));
    return path;
  }

  /** Makes a bundle with a system call filter. */
  private String filtered() {
    String path = bundle("filtered", false, List.of("/bin/true"));
    Spec spec = SpecReader.read(Sys.readFile(Fd.CWD, path + "/config.json", 1 << 20), path);
    Linux linux = spec.linux().orElseThrow().toBuilder().seccomp(filter()).build();
    write("filtered/config.json", SpecWriter.write(spec.toBuilder().linux(linux).build()));
    return path;
  }

  private static Seccomp filter() {
    SeccompArg arg = new SeccompArg(0, 1000, 0, SeccompOperator.EQ);
    SeccompArch other = Arch.current() == Arch.X86_64 ? SeccompArch.X86 : SeccompArch.ARM;
    return new Seccomp(
        SeccompAction.ALLOW,
        OptionalLong.empty(),
        List.of(other),
        List.of(SeccompFlag.LOG),
        Optional.empty(),
        Optional.empty(),
        List.of(
            new SeccompRule(
                List.of("bpf", "no_such_call"), SeccompAction.ERRNO, OptionalLong.of(1), List.of()),
            new SeccompRule(
                List.of("syncfs"), SeccompAction.ERRNO, OptionalLong.empty(), List.of(arg))));
  }

  private void write(String name, byte[] bytes) {
    try (Fd file = Sys.open(directory + "/" + name, Open.WRONLY | Open.CREAT, 0600)) {
      Sys.writeFully(file, bytes);
    }
  }
}
