package dev.carafe.conformance.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.carafe.conformance.Ground;
import dev.carafe.conformance.Shell;
import java.nio.file.Path;
import java.util.List;

/** config-linux.md: Seccomp, The Container Process State. */
final class SeccompChecks {
  /** What a runtime's last steps and a small program need; without getpriority and sync. */
  private static final String USUAL =
      "read,write,open,openat,openat2,close,close_range,stat,fstat,lstat,newfstatat,statx,poll,"
          + "ppoll,lseek,mmap,mprotect,munmap,brk,rt_sigaction,rt_sigprocmask,rt_sigreturn,ioctl,"
          + "pread64,pwrite64,readv,writev,access,faccessat,faccessat2,pipe,pipe2,select,"
          + "pselect6,sched_yield,mremap,madvise,dup,dup2,dup3,pause,nanosleep,clock_nanosleep,"
          + "getpid,gettid,socket,connect,sendto,recvfrom,sendmsg,recvmsg,shutdown,getsockopt,"
          + "setsockopt,clone,clone3,fork,vfork,execve,execveat,exit,exit_group,wait4,waitid,kill,"
          + "tgkill,uname,fcntl,fsync,getdents,getdents64,getcwd,chdir,fchdir,readlink,readlinkat,"
          + "umask,getuid,getgid,geteuid,getegid,setuid,setgid,setgroups,setresuid,setresgid,"
          + "getresuid,getresgid,getgroups,capget,capset,prctl,arch_prctl,set_tid_address,"
          + "set_robust_list,futex,sched_getaffinity,sched_setaffinity,epoll_create1,epoll_ctl,"
          + "epoll_wait,epoll_pwait,statfs,fstatfs,prlimit64,getrlimit,setrlimit,getrandom,rseq,"
          + "sigaltstack,setsid,keyctl,seccomp,getppid,nobody_knows_this,eventfd2,memfd_create,clock_gettime,"
          + "restart_syscall,membarrier";

  private static Config profile(String defaultAction, String... rules) {
    return Config.plain()
        .set(
            "linux.seccomp",
            "{defaultAction: "
                + defaultAction
                + ", architectures: [SCMP_ARCH_X86_64],"
                + " syscalls: ["
                + String.join(",", rules)
                + "]}");
  }

  private static String rule(String name, String rest) {
    return "{names: [" + name + "], " + rest + "}";
  }

  private static String call(Subject runtime, Config config, String... call) {
    String words = String.join(" ", call);
    return runtime.inside(config, call).get(words);
  }

  @Says({"config-linux/seccomp/default-action", "config-linux/seccomp/default-errno"})
  void theDefaultActionIsForAllThatNoRuleNames(Subject runtime) {
    Config config = profile("SCMP_ACT_ERRNO", rule(USUAL, "action: SCMP_ACT_ALLOW"));
    assertEquals("EPERM", call(runtime, config, "call", "getpriority"));
    config.set("linux.seccomp.defaultErrnoRet", "42");
    assertEquals("ENOMSG", call(runtime, config, "call", "getpriority"));
  }

  @Says("config-linux/seccomp/default-errno-error")
  void aDefaultErrnoOfAnActionWithoutOneIsRefused(Subject runtime) {
    runtime.refuses(profile("SCMP_ACT_ALLOW").set("linux.seccomp.defaultErrnoRet", "42"));
  }

  @Says("config-linux/seccomp/architectures")
  void theArchitecturesAreThoseOfTheFilter(Subject runtime) {
    Config config = profile("SCMP_ACT_ALLOW", rule("getpriority", "action: SCMP_ACT_ERRNO"));
    config.set("linux.seccomp.architectures", "[SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32]");
    assertEquals("EPERM", call(runtime, config, "call", "getpriority"));
    runtime.refuses(config.set("linux.seccomp.architectures", "[SCMP_ARCH_NONSENSE]"));
  }

  @Says("config-linux/seccomp/flags")
  void theFlagsAreThoseOfSeccomp(Subject runtime) {
    Config config = profile("SCMP_ACT_ALLOW", rule("getpriority", "action: SCMP_ACT_ERRNO"));
    config.set("linux.seccomp.flags", "[SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_SPEC_ALLOW]");
    assertEquals("EPERM", call(runtime, config, "call", "getpriority"));
    runtime.refuses(config.set("linux.seccomp.flags", "[SECCOMP_FILTER_FLAG_NONSENSE]"));
  }

  @Says("config-linux/seccomp/names")
  void aRuleWithoutANameIsRefused(Subject runtime) {
    runtime.refuses(profile("SCMP_ACT_ALLOW", rule("", "action: SCMP_ACT_ERRNO")));
  }

  @Says("config-linux/seccomp/action")
  void anActionIsWhatARuleDoes(Subject runtime) {
    String[][] expected = {
      {"SCMP_ACT_ALLOW", "ok"},
      {"SCMP_ACT_LOG", "ok"},
      {"SCMP_ACT_ERRNO", "EPERM"},
      {"SCMP_ACT_TRACE", "ENOSYS"},
      {"SCMP_ACT_KILL", "killed 31"},
      {"SCMP_ACT_KILL_THREAD", "killed 31"},
      {"SCMP_ACT_KILL_PROCESS", "killed 31"},
      {"SCMP_ACT_TRAP", "killed 31"},
    };
    for (String[] each : expected) {
      Config config = profile("SCMP_ACT_ALLOW", rule("getpriority", "action: " + each[0]));
      assertEquals(each[1], call(runtime, config, "call", "getpriority"), each[0]);
    }
  }

  @Says({"config-linux/seccomp/errno", "config-linux/seccomp/errno-default"})
  void anErrnoIsWhatARuleAnswers(Subject runtime) {
    Config config =
        profile(
            "SCMP_ACT_ALLOW",
            rule("getpriority", "action: SCMP_ACT_ERRNO, errnoRet: 42"),
            rule("sync", "action: SCMP_ACT_ERRNO"));
    Report report = runtime.inside(config, "call", "getpriority", ",", "call", "sync", ",", "caps");
    report.says("call getpriority ENOMSG").says("call sync EPERM").says("seccomp 2");
  }

  @Says("config-linux/seccomp/errno-error")
  void anErrnoOfAnActionWithoutOneIsRefused(Subject runtime) {
    runtime.refuses(
        profile("SCMP_ACT_ALLOW", rule("getpriority", "action: SCMP_ACT_KILL, errnoRet: 42")));
  }

  @Says("config-linux/seccomp/args")
  void argumentsAreComparedByOperators(Subject runtime) {
    // Which of 0, 5 and 6 each operator finds when it compares with 5.
    String[][] expected = {
      {"SCMP_CMP_EQ", ".x."},
      {"SCMP_CMP_NE", "x.x"},
      {"SCMP_CMP_LT", "x.."},
      {"SCMP_CMP_LE", "xx."},
      {"SCMP_CMP_GE", ".xx"},
      {"SCMP_CMP_GT", "..x"},
    };
    for (String[] each : expected) {
      assertEquals(each[1], compared(runtime, "op: " + each[0] + ", value: 5"), each[0]);
    }
    // Masked by 4 it is 4: 5 and 6.
    assertEquals(
        ".xx", compared(runtime, "op: SCMP_CMP_MASKED_EQ, value: 4, valueTwo: 4"), "masked");
  }

  private static String compared(Subject runtime, String argument) {
    Config config =
        profile(
            "SCMP_ACT_ALLOW",
            rule(
                "getsid",
                "action: SCMP_ACT_ERRNO, errnoRet: 42, args: [{index: 0, " + argument + "}]"));
    Report report =
        runtime.inside(
            config, "call", "getsid", "0", ",", "call", "getsid", "5", ",", "call", "getsid", "6");
    StringBuilder found = new StringBuilder();
    for (String each : List.of("0", "5", "6")) {
      found.append(report.has("call getsid " + each + " ENOMSG") ? "x" : ".");
    }
    return found.toString();
  }

  /** What a listener was sent, and what the program saw. */
  private record Notified(Report receiver, Report program, JsonObject state, String id, int pid) {}

  private static Notified notified(Subject runtime) {
    return runtime.once(
        "notify",
        () -> {
          Path socket = runtime.directory().resolve("socket");
          Config config =
              profile("SCMP_ACT_ALLOW", rule("getpriority", "action: SCMP_ACT_NOTIFY"))
                  .text("linux.seccomp.listenerPath", socket.toString())
                  .text("linux.seccomp.listenerMetadata", "of the caller")
                  .set("annotations", "{\"com.example\": \"seccomp\"}")
                  .program("call", "getpriority");
          Shell.Running receiver =
              Shell.start("exec \"$1\" receive \"$2\"", Ground.tool("inspect"), socket);
          try (Box box = runtime.bundle(config)) {
            Shell.run(
                    "for i in $(seq 100); do [ -S \"$1\" ] && exit; sleep 0.1; done; exit 1",
                    socket)
                .ok();
            box.create().ok();
            int pid = box.pid();
            Report program = box.finish();
            Report received = Report.of(receiver.end().ok().out());
            received.get("message 0 descriptors 1 text");
            String text =
                String.join("", received.all("message"))
                    .replaceAll("[0-9]+ descriptors [01] text ", "");
            return new Notified(
                received, program, Config.parse(text).getAsJsonObject(), box.id(), pid);
          } finally {
            receiver.stop();
          }
        });
  }

  @Says({
    "config-linux/seccomp/listener-socket",
    "config-linux/seccomp/listener-fd",
    "config-linux/process-state/rights"
  })
  void aListenerIsSentTheDescriptorAndAnswers(Subject runtime) {
    Notified notified = notified(runtime);
    assertEquals("[\"seccompFd\"]", notified.state().get("fds").toString());
    notified.program().says("call getpriority ENOMSG");
  }

  @Says({"config-linux/seccomp/listener-once", "config-linux/process-state/first"})
  void oneStateIsSent(Subject runtime) {
    List<String> messages = notified(runtime).receiver().all("message");
    for (String message : messages.subList(1, messages.size())) {
      assertTrue(message.contains(" descriptors 0 "), message);
    }
    notified(runtime).receiver().says("connections 1");
  }

  @Says("config-linux/seccomp/listener-closed")
  void theConnectionIsClosedThen(Subject runtime) {
    notified(runtime).receiver().says("closed");
  }

  @Says("config-linux/seccomp/listener-error")
  void withoutAListenerItIsRefused(Subject runtime) {
    Path nowhere = runtime.directory().resolve("nowhere");
    runtime.refuses(
        profile("SCMP_ACT_ALLOW", rule("getpriority", "action: SCMP_ACT_NOTIFY"))
            .text("linux.seccomp.listenerPath", nowhere.toString()));
  }

  @Says("config-linux/seccomp/listener-metadata")
  void theMetadataIsSentAlong(Subject runtime) {
    assertEquals("of the caller", notified(runtime).state().get("metadata").getAsString());
  }

  @Says("config-linux/seccomp/metadata-alone")
  void metadataWithoutAListenerIsRefused(Subject runtime) {
    runtime.refuses(profile("SCMP_ACT_ALLOW").text("linux.seccomp.listenerMetadata", "a"));
  }

  @Says({
    "config-linux/process-state/json",
    "config-linux/process-state/oci-version",
    "config-linux/process-state/pid",
    "config-linux/process-state/state"
  })
  void theProcessStateHasItsParts(Subject runtime) {
    Notified notified = notified(runtime);
    JsonObject state = notified.state();
    assertTrue(state.get("ociVersion").getAsString().startsWith("1."));
    assertEquals(notified.pid(), state.get("pid").getAsInt());
    JsonObject container = state.getAsJsonObject("state");
    assertEquals(notified.id(), container.get("id").getAsString());
    assertFalse(container.get("status").getAsString().isEmpty());
    assertEquals(
        "seccomp", container.getAsJsonObject("annotations").get("com.example").getAsString());
  }
}
