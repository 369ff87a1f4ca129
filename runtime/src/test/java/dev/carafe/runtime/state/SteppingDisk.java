package dev.carafe.runtime.state;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Flock;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** A disk with somebody at each of its steps. A write is two: it may be torn. */
class SteppingDisk implements Disk {
  private final Disk disk = new LinuxDisk();
  private final Steps steps;

  SteppingDisk(Steps steps) {
    this.steps = steps;
  }

  private <T> T step(String name, Supplier<T> work) {
    steps.at(name);
    return work.get();
  }

  private void doing(String name, Runnable work) {
    steps.at(name);
    work.run();
  }

  @Override
  public Optional<Dir> openRoot(String path) {
    return disk.openRoot(path);
  }

  @Override
  public void makeRoot(String path) {
    doing("makeRoot", () -> disk.makeRoot(path));
  }

  @Override
  public void checkOwner(Dir dir) {
    disk.checkOwner(dir);
  }

  @Override
  public Optional<Dir> open(Dir parent, String name) {
    return disk.open(parent, name);
  }

  @Override
  public boolean makeDirectory(Dir parent, String name) {
    return step("makeDirectory", () -> disk.makeDirectory(parent, name));
  }

  @Override
  public Fd makeFile(Dir dir, String name) {
    return step("makeFile", () -> disk.makeFile(dir, name));
  }

  @Override
  public void write(Fd file, byte[] content, String shown) {
    steps.at("write");
    int half = content.length / 2;
    disk.write(file, Arrays.copyOf(content, half), shown);
    steps.at("half of write");
    disk.write(file, Arrays.copyOfRange(content, half, content.length), shown);
  }

  @Override
  public void syncFile(Fd file, String shown) {
    doing("syncFile", () -> disk.syncFile(file, shown));
  }

  @Override
  public void syncDirectory(Dir dir) {
    doing("syncDirectory", () -> disk.syncDirectory(dir));
  }

  @Override
  public void rename(Dir dir, String from, String to) {
    doing("rename", () -> disk.rename(dir, from, to));
  }

  @Override
  public boolean move(Dir fromDir, String from, Dir toDir, String to) {
    return step("move", () -> disk.move(fromDir, from, toDir, to));
  }

  @Override
  public Optional<byte[]> read(Dir dir, String name) {
    return disk.read(dir, name);
  }

  @Override
  public Fd openLockFile(Dir dir, String name) {
    return step("openLockFile", () -> disk.openLockFile(dir, name));
  }

  @Override
  public List<String> names(Dir dir) {
    return disk.names(dir);
  }

  @Override
  public boolean removeFile(Dir dir, String name) {
    return step("removeFile", () -> disk.removeFile(dir, name));
  }

  @Override
  public void removeTree(Dir dir, String name) {
    Optional<Dir> opened = disk.open(dir, name);
    if (opened.isPresent()) {
      try (Dir inner = opened.get()) {
        for (String each : disk.names(inner)) {
          doing("removeTree " + each, () -> disk.removeTree(inner, each));
        }
      }
    }
    doing("removeTree", () -> disk.removeTree(dir, name));
  }

  @Override
  public Flock lock(Dir dir, long timeoutMillis) {
    return step("lock", () -> disk.lock(dir, timeoutMillis));
  }

  @Override
  public boolean tryLock(Fd file) {
    return step("tryLock", () -> disk.tryLock(file));
  }

  @Override
  public boolean isNamed(Dir dir, Dir parent, String name) {
    return disk.isNamed(dir, parent, name);
  }
}
