package dev.carafe.runtime.root;

import dev.carafe.InvalidConfigException;
import dev.carafe.linux.Mount;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The options of a mount (config.md, Linux mount options), sorted by who takes them. Of options
 * that contradict each other the last one counts. What is not in the table belongs to the file
 * system.
 *
 * @param bind whether it is a bind mount.
 * @param recursive whether what is mounted below the source comes with it.
 * @param remount whether a mount that is there changes.
 * @param copyUp whether a new tmpfs begins with what the directory below it holds.
 * @param idmap whether, and how far, owners are mapped.
 * @param own attributes of the mount.
 * @param tree attributes of the mount and of all below it.
 * @param spread how it spreads mount events, one change after the other.
 * @param superblock flags of the file system itself, by the names that {@code fsconfig} knows.
 * @param data the file system's own options.
 */
record MountOptions(
    boolean bind,
    boolean recursive,
    boolean remount,
    boolean copyUp,
    Idmap idmap,
    Attributes own,
    Attributes tree,
    List<Spread> spread,
    List<String> superblock,
    List<String> data) {
  /** Plain. */
  static final MountOptions NONE =
      new MountOptions(
          false,
          false,
          false,
          false,
          Idmap.NO,
          Attributes.NONE,
          Attributes.NONE,
          List.of(),
          List.of(),
          List.of());

  /** A bind mount. */
  static final MountOptions BIND =
      new MountOptions(
          true,
          false,
          false,
          false,
          Idmap.NO,
          Attributes.NONE,
          Attributes.NONE,
          List.of(),
          List.of(),
          List.of());

  /** Whether owners are mapped: not, of the mount, or of all below it too. */
  enum Idmap {
    NO,
    MOUNT,
    TREE
  }

  /**
   * A change of how a mount spreads events.
   *
   * @param type {@code MS_SHARED}, {@code MS_SLAVE}, {@code MS_PRIVATE} or {@code MS_UNBINDABLE}.
   * @param recursive whether for all below too.
   */
  record Spread(long type, boolean recursive) {}

  /**
   * Sorts options.
   *
   * @param where the mount's destination, for messages
   * @throws InvalidConfigException if one is not supported
   */
  static MountOptions parse(String where, List<String> options) {
    Parser parser = new Parser();
    for (String option : options) {
      if (option.isEmpty()) {
        throw new InvalidConfigException("mount on " + where + ": an option is empty");
      }
      if (!parser.isFlag(option) && !parser.isForTree(option) && !parser.isSuperblock(option)) {
        parser.data.add(option);
      }
    }
    return new MountOptions(
        parser.bind,
        parser.recursive,
        parser.remount,
        parser.copyUp,
        parser.idmap,
        parser.own,
        parser.tree,
        List.copyOf(parser.spread),
        List.copyOf(parser.superblock),
        List.copyOf(parser.data));
  }

  boolean readOnly() {
    return own.readOnly();
  }

  MountOptions withOwn(Attributes changed) {
    return new MountOptions(
        bind, recursive, remount, copyUp, idmap, changed, tree, spread, superblock, data);
  }

  MountOptions withTree(Attributes changed) {
    return new MountOptions(
        bind, recursive, remount, copyUp, idmap, own, changed, spread, superblock, data);
  }

  MountOptions withSpread(List<Spread> changed) {
    return new MountOptions(
        bind, recursive, remount, copyUp, idmap, own, tree, changed, superblock, data);
  }

  MountOptions withSuperblock(List<String> changed) {
    return new MountOptions(
        bind, recursive, remount, copyUp, idmap, own, tree, spread, changed, data);
  }

  MountOptions withData(List<String> changed) {
    return new MountOptions(
        bind, recursive, remount, copyUp, idmap, own, tree, spread, superblock, changed);
  }

  MountOptions withIdmap(Idmap changed) {
    return new MountOptions(
        bind, recursive, remount, copyUp, changed, own, tree, spread, superblock, data);
  }

  /** Returns these for all that is mounted below the source too. */
  MountOptions withRecursion() {
    return new MountOptions(
        bind, true, remount, copyUp, idmap, own, tree, spread, superblock, data);
  }

  private static final class Parser {
    private boolean bind;
    private boolean recursive;
    private boolean remount;
    private boolean copyUp;
    private Idmap idmap = Idmap.NO;
    private Attributes own = Attributes.NONE;
    private Attributes tree = Attributes.NONE;
    private final List<Spread> spread = new ArrayList<>();
    private final List<String> superblock = new ArrayList<>();
    private final List<String> data = new ArrayList<>();

    boolean isFlag(String option) {
      switch (option) {
        case "defaults" -> {}
        case "bind" -> bind = true;
        case "rbind" -> {
          bind = true;
          recursive = true;
        }
        case "remount" -> remount = true;
        case "tmpcopyup" -> copyUp = true;
        case "idmap" -> idmap = Idmap.MOUNT;
        case "ridmap" -> idmap = Idmap.TREE;
        case "shared" -> spread.add(new Spread(Mount.SHARED, false));
        case "rshared" -> spread.add(new Spread(Mount.SHARED, true));
        case "slave" -> spread.add(new Spread(Mount.SLAVE, false));
        case "rslave" -> spread.add(new Spread(Mount.SLAVE, true));
        case "private" -> spread.add(new Spread(Mount.PRIVATE, false));
        case "rprivate" -> spread.add(new Spread(Mount.PRIVATE, true));
        case "unbindable" -> spread.add(new Spread(Mount.UNBINDABLE, false));
        case "runbindable" -> spread.add(new Spread(Mount.UNBINDABLE, true));
        default -> {
          Optional<Attributes> changed = change(own, option);
          own = changed.orElse(own);
          return changed.isPresent();
        }
      }
      return true;
    }

    /** The recursive ones are written as the others, with an r before. */
    boolean isForTree(String option) {
      if (option.charAt(0) != 'r') {
        return false;
      }
      Optional<Attributes> changed = change(tree, option.substring(1));
      tree = changed.orElse(tree);
      return changed.isPresent();
    }

    boolean isSuperblock(String option) {
      switch (option) {
        case "sync", "async" -> superblock("sync", "async", option);
        case "lazytime", "nolazytime" -> superblock("lazytime", "nolazytime", option);
        case "mand", "nomand" -> superblock("mand", "nomand", option);
        case "dirsync" -> superblock(option, option, option);
        // A file system that counts versions does so by itself: fsconfig(2) knows no such flag.
        case "iversion", "noiversion" -> {}
        // They only say how loud the kernel's log is.
        case "silent", "loud" -> {}
        default -> {
          return false;
        }
      }
      return true;
    }

    private void superblock(String one, String other, String chosen) {
      superblock.remove(one);
      superblock.remove(other);
      superblock.add(chosen);
    }

    private static Optional<Attributes> change(Attributes from, String option) {
      return switch (option) {
        case "ro" -> Optional.of(from.with(Mount.ATTR_RDONLY));
        case "rw" -> Optional.of(from.without(Mount.ATTR_RDONLY));
        case "nosuid" -> Optional.of(from.with(Mount.ATTR_NOSUID));
        case "suid" -> Optional.of(from.without(Mount.ATTR_NOSUID));
        case "nodev" -> Optional.of(from.with(Mount.ATTR_NODEV));
        case "dev" -> Optional.of(from.without(Mount.ATTR_NODEV));
        case "noexec" -> Optional.of(from.with(Mount.ATTR_NOEXEC));
        case "exec" -> Optional.of(from.without(Mount.ATTR_NOEXEC));
        case "nosymfollow" -> Optional.of(from.with(Mount.ATTR_NOSYMFOLLOW));
        case "symfollow" -> Optional.of(from.without(Mount.ATTR_NOSYMFOLLOW));
        case "nodiratime" -> Optional.of(from.with(Mount.ATTR_NODIRATIME));
        case "diratime" -> Optional.of(from.without(Mount.ATTR_NODIRATIME));
        case "noatime" -> Optional.of(from.accessTime(Mount.ATTR_NOATIME));
        case "strictatime" -> Optional.of(from.accessTime(Mount.ATTR_STRICTATIME));
        // Relative is what the kernel does when no other way is named.
        case "relatime", "atime", "norelatime", "nostrictatime" -> Optional.of(from.accessTime(0));
        default -> Optional.empty();
      };
    }
  }
}
