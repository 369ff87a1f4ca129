package dev.carafe.runtime.state;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Flock;
import java.util.List;
import java.util.Optional;

/**
 * The calls on files that the store makes, one by one. Tests stand in between to fail or to die at
 * each of them. A name is one component, never a path.
 */
interface Disk {

  /** Opens the root; empty if it is not there. Its own path may lead over symbolic links. */
  Optional<Dir> openRoot(String path);

  /** Makes the root and what is missing above it. */
  void makeRoot(String path);

  /** Refuses a directory that is not ours or that others may write to. */
  void checkOwner(Dir dir);

  /** Opens a directory; empty if it is not there. A symbolic link is refused. */
  Optional<Dir> open(Dir parent, String name);

  /** Makes a directory; returns false if the name is taken. */
  boolean makeDirectory(Dir parent, String name);

  /** Makes an empty file, which must not be there. */
  Fd makeFile(Dir dir, String name);

  /** Writes all bytes. */
  void write(Fd file, byte[] content, String shown);

  /** Brings a file's content to the disk. */
  void syncFile(Fd file, String shown);

  /** Brings a directory's names to the disk. */
  void syncDirectory(Dir dir);

  /** Renames; what has the new name is replaced. */
  void rename(Dir dir, String from, String to);

  /** Moves a directory; returns false, and moves nothing, if the new name is taken. */
  boolean move(Dir fromDir, String from, Dir toDir, String to);

  /** Reads a file; empty if it is not there. */
  Optional<byte[]> read(Dir dir, String name);

  /** Opens a file to lock it, making it if it is missing. */
  Fd openLockFile(Dir dir, String name);

  /** Returns the names in a directory, all as they were at one moment. */
  List<String> names(Dir dir);

  /** Removes a file; returns false if it is not there. */
  boolean removeFile(Dir dir, String name);

  /** Removes a file, or a directory with all that is in it. */
  void removeTree(Dir dir, String name);

  /** Locks a directory for one holder; takes ownership of it. */
  Flock lock(Dir dir, long timeoutMillis);

  /** Locks a file or directory if nobody holds it. */
  boolean tryLock(Fd file);

  /** Returns whether the open directory is the one that the name leads to. */
  boolean isNamed(Dir dir, Dir parent, String name);
}
