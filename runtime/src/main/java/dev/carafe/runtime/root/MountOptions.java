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
    Attributes own,
    Attributes tree,
    List<Spread> spread,
    List<String> superblock,
    List<String> data) {

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
      refuse(where, option);
      if (!parser.isFlag(option) && !parser.isForTree(option) && !parser.isSuperblock(option)) {
        parser.data.add(option);
      }
    }
    return new MountOptions(
        parser.bind,
        parser.recursive,
        parser.remount,
        parser.own,
        parser.tree,
        List.copyOf(parser.spread),
        List.copyOf(parser.superblock),
        List.copyOf(parser.data));
  }

  boolean readOnly() {
    return own.readOnly();
  }

  private static void refuse(String where, String option) {
    switch (option) {
      case "idmap", "ridmap", "tmpcopyup" ->
          throw new InvalidConfigException(
              "mount on " + where + ": the option " + option + " is not supported yet");
      case "" -> throw new InvalidConfigException("mount on " + where + ": an option is empty");
      default -> {}
    }
  }

  private static final class Parser {
    private boolean bind;
    private boolean recursive;
    private boolean remount;
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
        case "iversion" -> superblock(option, option, option);
        case "noiversion" -> superblock.remove("iversion");
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
