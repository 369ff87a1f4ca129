package dev.carafe.linux;

/** The numbers of the system calls on this architecture. */
public final class Syscall {
  private static final boolean ARM = Arch.current() == Arch.AARCH64;
  private static final String[] NAMES = new String[512];

  /** {@code read}. */
  public static final int READ = number("read", 0, 63);

  /** {@code write}. */
  public static final int WRITE = number("write", 1, 64);

  /** {@code close}. */
  public static final int CLOSE = number("close", 3, 57);

  /** {@code lseek}. */
  public static final int LSEEK = number("lseek", 8, 62);

  /** {@code rt_sigaction}. */
  public static final int RT_SIGACTION = number("rt_sigaction", 13, 134);

  /** {@code rt_sigprocmask}. */
  public static final int RT_SIGPROCMASK = number("rt_sigprocmask", 14, 135);

  /** {@code ioctl}. */
  public static final int IOCTL = number("ioctl", 16, 29);

  /** {@code pread64}. */
  public static final int PREAD64 = number("pread64", 17, 67);

  /** {@code pwrite64}. */
  public static final int PWRITE64 = number("pwrite64", 18, 68);

  /** {@code dup}. */
  public static final int DUP = number("dup", 32, 23);

  /** {@code getpid}. */
  public static final int GETPID = number("getpid", 39, 172);

  /** {@code sendfile}. */
  public static final int SENDFILE = number("sendfile", 40, 71);

  /** {@code socket}. */
  public static final int SOCKET = number("socket", 41, 198);

  /** {@code connect}. */
  public static final int CONNECT = number("connect", 42, 203);

  /** {@code accept}. */
  public static final int ACCEPT = number("accept", 43, 202);

  /** {@code sendto}. */
  public static final int SENDTO = number("sendto", 44, 206);

  /** {@code recvfrom}. */
  public static final int RECVFROM = number("recvfrom", 45, 207);

  /** {@code sendmsg}. */
  public static final int SENDMSG = number("sendmsg", 46, 211);

  /** {@code recvmsg}. */
  public static final int RECVMSG = number("recvmsg", 47, 212);

  /** {@code shutdown}. */
  public static final int SHUTDOWN = number("shutdown", 48, 210);

  /** {@code bind}. */
  public static final int BIND = number("bind", 49, 200);

  /** {@code listen}. */
  public static final int LISTEN = number("listen", 50, 201);

  /** {@code getsockname}. */
  public static final int GETSOCKNAME = number("getsockname", 51, 204);

  /** {@code socketpair}. */
  public static final int SOCKETPAIR = number("socketpair", 53, 199);

  /** {@code setsockopt}. */
  public static final int SETSOCKOPT = number("setsockopt", 54, 208);

  /** {@code getsockopt}. */
  public static final int GETSOCKOPT = number("getsockopt", 55, 209);

  /** {@code clone}. */
  public static final int CLONE = number("clone", 56, 220);

  /** {@code execve}. */
  public static final int EXECVE = number("execve", 59, 221);

  /** {@code exit}. */
  public static final int EXIT = number("exit", 60, 93);

  /** {@code wait4}. */
  public static final int WAIT4 = number("wait4", 61, 260);

  /** {@code kill}. */
  public static final int KILL = number("kill", 62, 129);

  /** {@code fcntl}. */
  public static final int FCNTL = number("fcntl", 72, 25);

  /** {@code flock}. */
  public static final int FLOCK = number("flock", 73, 32);

  /** {@code fsync}. */
  public static final int FSYNC = number("fsync", 74, 82);

  /** {@code fdatasync}. */
  public static final int FDATASYNC = number("fdatasync", 75, 83);

  /** {@code ftruncate}. */
  public static final int FTRUNCATE = number("ftruncate", 77, 46);

  /** {@code getcwd}. */
  public static final int GETCWD = number("getcwd", 79, 17);

  /** {@code chdir}. */
  public static final int CHDIR = number("chdir", 80, 49);

  /** {@code fchdir}. */
  public static final int FCHDIR = number("fchdir", 81, 50);

  /** {@code fchmod}. */
  public static final int FCHMOD = number("fchmod", 91, 52);

  /** {@code fchown}. */
  public static final int FCHOWN = number("fchown", 93, 55);

  /** {@code umask}. */
  public static final int UMASK = number("umask", 95, 166);

  /** {@code getrlimit}. */
  public static final int GETRLIMIT = number("getrlimit", 97, 163);

  /** {@code getuid}. */
  public static final int GETUID = number("getuid", 102, 174);

  /** {@code getgid}. */
  public static final int GETGID = number("getgid", 104, 176);

  /** {@code geteuid}. */
  public static final int GETEUID = number("geteuid", 107, 175);

  /** {@code getegid}. */
  public static final int GETEGID = number("getegid", 108, 177);

  /** {@code setpgid}. */
  public static final int SETPGID = number("setpgid", 109, 154);

  /** {@code getppid}. */
  public static final int GETPPID = number("getppid", 110, 173);

  /** {@code setsid}. */
  public static final int SETSID = number("setsid", 112, 157);

  /** {@code getgroups}. */
  public static final int GETGROUPS = number("getgroups", 115, 158);

  /** {@code setgroups}. */
  public static final int SETGROUPS = number("setgroups", 116, 159);

  /** {@code setresuid}. */
  public static final int SETRESUID = number("setresuid", 117, 147);

  /** {@code setresgid}. */
  public static final int SETRESGID = number("setresgid", 119, 149);

  /** {@code getpgid}. */
  public static final int GETPGID = number("getpgid", 121, 155);

  /** {@code setfsuid}. */
  public static final int SETFSUID = number("setfsuid", 122, 151);

  /** {@code setfsgid}. */
  public static final int SETFSGID = number("setfsgid", 123, 152);

  /** {@code getsid}. */
  public static final int GETSID = number("getsid", 124, 156);

  /** {@code capget}. */
  public static final int CAPGET = number("capget", 125, 90);

  /** {@code capset}. */
  public static final int CAPSET = number("capset", 126, 91);

  /** {@code personality}. */
  public static final int PERSONALITY = number("personality", 135, 92);

  /** {@code statfs}. */
  public static final int STATFS = number("statfs", 137, 43);

  /** {@code fstatfs}. */
  public static final int FSTATFS = number("fstatfs", 138, 44);

  /** {@code getpriority}. */
  public static final int GETPRIORITY = number("getpriority", 140, 141);

  /** {@code setpriority}. */
  public static final int SETPRIORITY = number("setpriority", 141, 140);

  /** {@code sched_setscheduler}. */
  public static final int SCHED_SETSCHEDULER = number("sched_setscheduler", 144, 119);

  /** {@code pivot_root}. */
  public static final int PIVOT_ROOT = number("pivot_root", 155, 41);

  /** {@code prctl}. */
  public static final int PRCTL = number("prctl", 157, 167);

  /** {@code chroot}. */
  public static final int CHROOT = number("chroot", 161, 51);

  /** {@code mount}. */
  public static final int MOUNT = number("mount", 165, 40);

  /** {@code umount2}. */
  public static final int UMOUNT2 = number("umount2", 166, 39);

  /** {@code sethostname}. */
  public static final int SETHOSTNAME = number("sethostname", 170, 161);

  /** {@code setdomainname}. */
  public static final int SETDOMAINNAME = number("setdomainname", 171, 162);

  /** {@code gettid}. */
  public static final int GETTID = number("gettid", 186, 178);

  /** {@code setxattr}. */
  public static final int SETXATTR = number("setxattr", 188, 5);

  /** {@code fsetxattr}. */
  public static final int FSETXATTR = number("fsetxattr", 190, 7);

  /** {@code getxattr}. */
  public static final int GETXATTR = number("getxattr", 191, 8);

  /** {@code fgetxattr}. */
  public static final int FGETXATTR = number("fgetxattr", 193, 10);

  /** {@code flistxattr}. */
  public static final int FLISTXATTR = number("flistxattr", 196, 13);

  /** {@code sched_setaffinity}. */
  public static final int SCHED_SETAFFINITY = number("sched_setaffinity", 203, 122);

  /** {@code sched_getaffinity}. */
  public static final int SCHED_GETAFFINITY = number("sched_getaffinity", 204, 123);

  /** {@code getdents64}. */
  public static final int GETDENTS64 = number("getdents64", 217, 61);

  /** {@code exit_group}. */
  public static final int EXIT_GROUP = number("exit_group", 231, 94);

  /** {@code mbind}. */
  public static final int MBIND = number("mbind", 237, 235);

  /** {@code set_mempolicy}. */
  public static final int SET_MEMPOLICY = number("set_mempolicy", 238, 237);

  /** {@code waitid}. */
  public static final int WAITID = number("waitid", 247, 95);

  /** {@code add_key}. */
  public static final int ADD_KEY = number("add_key", 248, 217);

  /** {@code request_key}. */
  public static final int REQUEST_KEY = number("request_key", 249, 218);

  /** {@code keyctl}. */
  public static final int KEYCTL = number("keyctl", 250, 219);

  /** {@code ioprio_set}. */
  public static final int IOPRIO_SET = number("ioprio_set", 251, 30);

  /** {@code ioprio_get}. */
  public static final int IOPRIO_GET = number("ioprio_get", 252, 31);

  /** {@code inotify_add_watch}. */
  public static final int INOTIFY_ADD_WATCH = number("inotify_add_watch", 254, 27);

  /** {@code openat}. */
  public static final int OPENAT = number("openat", 257, 56);

  /** {@code mkdirat}. */
  public static final int MKDIRAT = number("mkdirat", 258, 34);

  /** {@code mknodat}. */
  public static final int MKNODAT = number("mknodat", 259, 33);

  /** {@code fchownat}. */
  public static final int FCHOWNAT = number("fchownat", 260, 54);

  /** {@code newfstatat}. */
  public static final int NEWFSTATAT = number("newfstatat", 262, 79);

  /** {@code unlinkat}. */
  public static final int UNLINKAT = number("unlinkat", 263, 35);

  /** {@code renameat}. */
  public static final int RENAMEAT = number("renameat", 264, 38);

  /** {@code linkat}. */
  public static final int LINKAT = number("linkat", 265, 37);

  /** {@code symlinkat}. */
  public static final int SYMLINKAT = number("symlinkat", 266, 36);

  /** {@code readlinkat}. */
  public static final int READLINKAT = number("readlinkat", 267, 78);

  /** {@code fchmodat}. */
  public static final int FCHMODAT = number("fchmodat", 268, 53);

  /** {@code faccessat}. */
  public static final int FACCESSAT = number("faccessat", 269, 48);

  /** {@code ppoll}. */
  public static final int PPOLL = number("ppoll", 271, 73);

  /** {@code unshare}. */
  public static final int UNSHARE = number("unshare", 272, 97);

  /** {@code splice}. */
  public static final int SPLICE = number("splice", 275, 76);

  /** {@code utimensat}. */
  public static final int UTIMENSAT = number("utimensat", 280, 88);

  /** {@code fallocate}. */
  public static final int FALLOCATE = number("fallocate", 285, 47);

  /** {@code accept4}. */
  public static final int ACCEPT4 = number("accept4", 288, 242);

  /** {@code eventfd2}. */
  public static final int EVENTFD2 = number("eventfd2", 290, 19);

  /** {@code dup3}. */
  public static final int DUP3 = number("dup3", 292, 24);

  /** {@code pipe2}. */
  public static final int PIPE2 = number("pipe2", 293, 59);

  /** {@code inotify_init1}. */
  public static final int INOTIFY_INIT1 = number("inotify_init1", 294, 26);

  /** {@code prlimit64}. */
  public static final int PRLIMIT64 = number("prlimit64", 302, 261);

  /** {@code syncfs}. */
  public static final int SYNCFS = number("syncfs", 306, 267);

  /** {@code setns}. */
  public static final int SETNS = number("setns", 308, 268);

  /** {@code kcmp}. */
  public static final int KCMP = number("kcmp", 312, 272);

  /** {@code sched_setattr}. */
  public static final int SCHED_SETATTR = number("sched_setattr", 314, 274);

  /** {@code sched_getattr}. */
  public static final int SCHED_GETATTR = number("sched_getattr", 315, 275);

  /** {@code renameat2}. */
  public static final int RENAMEAT2 = number("renameat2", 316, 276);

  /** {@code seccomp}. */
  public static final int SECCOMP = number("seccomp", 317, 277);

  /** {@code getrandom}. */
  public static final int GETRANDOM = number("getrandom", 318, 278);

  /** {@code memfd_create}. */
  public static final int MEMFD_CREATE = number("memfd_create", 319, 279);

  /** {@code bpf}. */
  public static final int BPF = number("bpf", 321, 280);

  /** {@code execveat}. */
  public static final int EXECVEAT = number("execveat", 322, 281);

  /** {@code copy_file_range}. */
  public static final int COPY_FILE_RANGE = number("copy_file_range", 326, 285);

  /** {@code statx}. */
  public static final int STATX = number("statx", 332, 291);

  /** {@code pidfd_send_signal}. */
  public static final int PIDFD_SEND_SIGNAL = number("pidfd_send_signal", 424, 424);

  /** {@code open_tree}. */
  public static final int OPEN_TREE = number("open_tree", 428, 428);

  /** {@code move_mount}. */
  public static final int MOVE_MOUNT = number("move_mount", 429, 429);

  /** {@code fsopen}. */
  public static final int FSOPEN = number("fsopen", 430, 430);

  /** {@code fsconfig}. */
  public static final int FSCONFIG = number("fsconfig", 431, 431);

  /** {@code fsmount}. */
  public static final int FSMOUNT = number("fsmount", 432, 432);

  /** {@code fspick}. */
  public static final int FSPICK = number("fspick", 433, 433);

  /** {@code pidfd_open}. */
  public static final int PIDFD_OPEN = number("pidfd_open", 434, 434);

  /** {@code clone3}. */
  public static final int CLONE3 = number("clone3", 435, 435);

  /** {@code close_range}. */
  public static final int CLOSE_RANGE = number("close_range", 436, 436);

  /** {@code openat2}. */
  public static final int OPENAT2 = number("openat2", 437, 437);

  /** {@code pidfd_getfd}. */
  public static final int PIDFD_GETFD = number("pidfd_getfd", 438, 438);

  /** {@code faccessat2}. */
  public static final int FACCESSAT2 = number("faccessat2", 439, 439);

  /** {@code mount_setattr}. */
  public static final int MOUNT_SETATTR = number("mount_setattr", 442, 442);

  /** {@code fchmodat2}. */
  public static final int FCHMODAT2 = number("fchmodat2", 452, 452);

  /** {@code statmount}. */
  public static final int STATMOUNT = number("statmount", 457, 457);

  /** {@code listmount}. */
  public static final int LISTMOUNT = number("listmount", 458, 458);

  /** {@code open_tree_attr}. */
  public static final int OPEN_TREE_ATTR = number("open_tree_attr", 467, 467);

  private Syscall() {}

  /** Returns the name of a system call; of one that Carafe does not use, {@code syscall_999}. */
  public static String name(int number) {
    String name = number >= 0 && number < NAMES.length ? NAMES[number] : null;
    return name != null ? name : "syscall_" + number;
  }

  private static int number(String name, int x86, int arm) {
    int number = ARM ? arm : x86;
    NAMES[number] = name;
    return number;
  }
}
