package dev.carafe.testing;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails a test class that leaves something behind: a mount of the host, a child process or an open
 * descriptor of this JVM. It is registered for every test class by the service loader.
 *
 * <p>What a class leaves is looked for up to ten seconds long, because process 1 of some machines
 * reaps orphans only every few seconds.
 */
public final class LeakExtension implements BeforeAllCallback, AfterAllCallback {
  private static final ExtensionContext.Namespace NAMESPACE =
      ExtensionContext.Namespace.create(LeakExtension.class);
  private static final long PATIENCE_MILLIS = 10_000;

  /** Makes the extension; the service loader calls this. */
  public LeakExtension() {}

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    context.getStore(NAMESPACE).put(Snapshot.class, Snapshot.take());
  }

  @Override
  public void afterAll(ExtensionContext context) throws IOException, InterruptedException {
    Snapshot before = context.getStore(NAMESPACE).get(Snapshot.class, Snapshot.class);
    if (before == null) {
      return;
    }
    long deadline = System.currentTimeMillis() + PATIENCE_MILLIS;
    List<String> leaks = Snapshot.take().since(before);
    while (!leaks.isEmpty() && System.currentTimeMillis() < deadline) {
      Thread.sleep(50);
      leaks = Snapshot.take().since(before);
    }
    if (!leaks.isEmpty()) {
      throw new AssertionError(
          context.getDisplayName() + " left behind: " + String.join("; ", leaks));
    }
  }

  private record Snapshot(TreeSet<String> mounts, TreeSet<String> children, TreeSet<String> fds) {

    static Snapshot take() throws IOException {
      return new Snapshot(readMounts(), readChildren(), readDescriptors());
    }

    List<String> since(Snapshot before) {
      List<String> leaks = new ArrayList<>();
      addNew(leaks, "mount ", mounts, before.mounts);
      addNew(leaks, "process ", children, before.children);
      addNew(leaks, "descriptor ", fds, before.fds);
      return leaks;
    }

    private static void addNew(
        List<String> leaks, String kind, TreeSet<String> now, TreeSet<String> before) {
      for (String each : now) {
        if (!before.contains(each)) {
          leaks.add(kind + each);
        }
      }
    }

    private static TreeSet<String> readMounts() throws IOException {
      TreeSet<String> mounts = new TreeSet<>();
      for (String line : read("/proc/self/mountinfo").split("\n", -1)) {
        mounts.add(line);
      }
      return mounts;
    }

    private static TreeSet<String> readChildren() {
      TreeSet<String> children = new TreeSet<>();
      for (String task : names("/proc/self/task")) {
        for (String pid : readOr("/proc/self/task/" + task + "/children", "").split(" ", -1)) {
          if (!pid.isBlank()) {
            children.add(pid.strip() + " " + readOr("/proc/" + pid.strip() + "/comm", "").strip());
          }
        }
      }
      return children;
    }

    private static TreeSet<String> readDescriptors() {
      TreeSet<String> descriptors = new TreeSet<>();
      for (String fd : names("/proc/self/fd")) {
        String target = targetOf(fd);
        // The JVM opens jars and its own files when it pleases.
        if (!target.endsWith(".jar") && !target.endsWith("/modules") && !isOurs(target)) {
          descriptors.add(fd + " -> " + target);
        }
      }
      return descriptors;
    }

    private static String targetOf(String fd) {
      try {
        return Files.readSymbolicLink(Path.of("/proc/self/fd", fd)).toString();
      } catch (IOException e) {
        return "/proc/"; // closed since it was listed
      }
    }

    private static boolean isOurs(String target) {
      // The sealed agent program is made once in a JVM and kept; the listing itself has a
      // descriptor; surefire and the JDK's network code keep sockets and pipes of their own.
      return target.startsWith("/memfd:carafe")
          || target.startsWith("/proc/")
          || target.endsWith(".so")
          || target.startsWith("anon_inode:[eventpoll]")
          || target.startsWith("anon_inode:[eventfd]")
          || target.endsWith("/random")
          || target.endsWith("/urandom");
    }

    private static List<String> names(String directory) {
      String[] names = new File(directory).list();
      return names == null ? List.of() : List.of(names);
    }

    private static String read(String file) throws IOException {
      return new String(Files.readAllBytes(Path.of(file)), StandardCharsets.ISO_8859_1);
    }

    private static String readOr(String file, String otherwise) {
      try {
        return read(file);
      } catch (IOException e) {
        return otherwise;
      }
    }
  }
}
