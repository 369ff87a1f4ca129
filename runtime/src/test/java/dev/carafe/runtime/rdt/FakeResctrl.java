package dev.carafe.runtime.rdt;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Sys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A directory that stands for resctrl, since no machine at hand has that. What the kernel would
 * make in a group is made by writing, and must be removed before the group is.
 */
public final class FakeResctrl implements AutoCloseable {
  private final Path path;
  private final String before;

  /** Pretends it to be mounted in a directory. */
  public FakeResctrl(Path directory) throws IOException {
    path = Files.createDirectory(directory.resolve("resctrl"));
    Path mountinfo = directory.resolve("mountinfo");
    String id = Long.toString(Sys.statx(Fd.CWD, path.toString(), 0).mountId());
    Files.writeString(mountinfo, id + " 1 0:9 / " + path + " rw - resctrl resctrl rw\n");
    before = RdtGroup.lookIn(mountinfo.toString());
  }

  /** Returns what a file says. */
  public String read(String name) throws IOException {
    return Files.readString(path.resolve(name));
  }

  /** Makes a group as the kernel would, with schemata. */
  public void addGroup(String name, String schemata) throws IOException {
    Path group = Files.createDirectory(path.resolve(name));
    Files.writeString(group.resolve("schemata"), schemata);
  }

  /** Makes a group's schemata such that they cannot be written, nor read. */
  public void breakSchemata(String name) throws IOException {
    Files.delete(path.resolve(name).resolve("schemata"));
    Files.createDirectory(path.resolve(name).resolve("schemata"));
  }

  /** Removes the files of a group, as the kernel does with the group. */
  public void empty(String name) throws IOException {
    Files.deleteIfExists(path.resolve(name).resolve("schemata"));
    Files.deleteIfExists(path.resolve(name).resolve("tasks"));
  }

  /** Returns whether there is such a group or file. */
  public boolean has(String name) {
    return Files.exists(path.resolve(name));
  }

  @Override
  public void close() {
    String ignored = RdtGroup.lookIn(before);
  }
}
