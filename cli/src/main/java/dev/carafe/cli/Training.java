package dev.carafe.cli;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Front;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Open;
import dev.carafe.linux.Sys;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The training run behind the start-up cache, see {@code scripts/make-cache}: every command, once,
 * in this process, on real containers where this user may make some. No command line leads here.
 */
final class Training {
  private static final int CONFIG_MAX = 65_536;

  private final Front front;
  private final String directory;

  private Training(Front front, String directory) {
    this.front = front;
    this.directory = directory;
  }

  public static void main(String[] none) {
    Front front = Front.open();
    String directory = front.hello().arguments().get(1);
    new Training(front, directory).run();
    // Says to the script that this came to its end.
    Sys.open(directory + "/trained", Open.WRONLY | Open.CREAT, 0600).close();
  }

  private void run() {
    train("--version");
    train("help");
    train("help", "spec");
    train("nope");
    train("features");
    train("spec", "-b", directory);
    makeBundle();
    train("run", "-b", directory, "one");
    train("run", "-b", directory, "--keep", "kept");
    train("delete", "kept");
    train("create", "-b", directory, "two");
    train("create", "-b", directory, "two");
    train("state", "two");
    train("list");
    train("list", "-q");
    train("list", "-f", "json");
    train("start", "two");
    train("start", "two");
    train("create", "-b", directory, "three");
    train("kill", "three", "KILL");
    train("delete", "two", "three");
    train("run", "-b", directory, "--detach", "four");
    train("delete", "--force", "four");
    train("state", "absent");
    train("delete", "absent");
    train("do", "--", "/bin/true");
    // A console that cannot be had.
    train("do", "--network", "host", "--", "/nothing");
  }

  private void train(String... words) {
    List<String> line = new ArrayList<>();
    line.add("carafe");
    line.add("--root=" + directory + "/root");
    line.addAll(List.of(words));
    int _ = Main.run(front, line);
  }

  /** The program of the container is the front's own, which needs nothing else and ends at once. */
  private void makeBundle() {
    try (Fd here = Sys.open(directory, Open.PATH | Open.DIRECTORY, 0)) {
      Sys.mkdirat(here, "rootfs", 0755);
      Sys.linkat(here, "carafe", here, "rootfs/carafe", 0);
      String config =
          new String(Sys.readFile(here, "config.json", CONFIG_MAX), StandardCharsets.UTF_8)
              .replace("\"terminal\": true", "\"terminal\": false")
              .replace("\"sh\"", "\"/carafe\"");
      try (Fd file =
          Sys.openat2(here, "config.json", Open.WRONLY | Open.TRUNC | Open.CLOEXEC, 0, 0)) {
        Sys.writeFully(file, config.getBytes(StandardCharsets.UTF_8));
      }
    } catch (KernelException e) {
      throw new CommandException("cannot make the bundle: " + Errno.describe(e.errno()));
    }
  }
}
