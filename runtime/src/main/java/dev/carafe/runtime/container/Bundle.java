package dev.carafe.runtime.container;

import dev.carafe.ContainerRequest;
import dev.carafe.InvalidConfigException;
import dev.carafe.InvalidInputException;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Open;
import dev.carafe.linux.Sys;
import dev.carafe.spec.JsonIn;
import dev.carafe.spec.Spec;
import dev.carafe.spec.SpecException;
import dev.carafe.spec.SpecReader;
import dev.carafe.spec.SpecWriter;
import java.util.Optional;

/** A bundle that was read: its directory, absolute, and its configuration. */
final class Bundle {
  private static final String CONFIG = "config.json";

  private final String path;
  private final Spec spec;
  private final byte[] json;

  private Bundle(String path, Spec spec, byte[] json) {
    this.path = path;
    this.spec = spec;
    this.json = json;
  }

  static Bundle read(ContainerRequest request) {
    String path = absolute(request.bundle());
    try (Fd dir = Sys.open(path, Open.PATH | Open.DIRECTORY, 0)) {
      Optional<Spec> given = request.spec();
      return given.isPresent()
          ? new Bundle(path, given.get(), SpecWriter.write(given.get()))
          : ofConfig(path, dir);
    } catch (KernelException e) {
      throw new InvalidInputException(
          "cannot open bundle " + path + ": " + Errno.describe(e.errno()), e);
    }
  }

  private static Bundle ofConfig(String path, Fd dir) {
    Optional<Fd> file;
    try {
      file = Sys.openIfThere(dir, CONFIG, Open.RDONLY);
    } catch (KernelException e) {
      throw new InvalidConfigException(
          "cannot read " + CONFIG + ": " + Errno.describe(e.errno()), e);
    }
    if (file.isEmpty()) {
      // The words are runc's.
      throw new InvalidConfigException("JSON specification file " + CONFIG + " not found");
    }
    try (Fd fd = file.get()) {
      byte[] json = Sys.readFully(fd, JsonIn.MAX_BYTES);
      return new Bundle(path, SpecReader.read(json, CONFIG), json);
    } catch (KernelException e) {
      throw new InvalidConfigException(
          "cannot read " + CONFIG + ": " + Errno.describe(e.errno()), e);
    } catch (SpecException e) {
      throw new InvalidConfigException(e.getMessage() + "", e);
    }
  }

  /** Returns a path that starts at the root, without a trailing slash. */
  static String absolute(String path) {
    String whole = path;
    if (!path.startsWith("/")) {
      Optional<String> here = Sys.tryReadlink(Fd.CWD, "/proc/self/cwd");
      if (here.isEmpty() || here.get().endsWith(" (deleted)")) {
        throw new InvalidInputException(
            "cannot tell where bundle "
                + path
                + " is: the working directory was removed; give an absolute path");
      }
      whole = path.isEmpty() || path.equals(".") ? here.get() : here.get() + "/" + path;
    }
    while (whole.length() > 1 && whole.endsWith("/")) {
      whole = whole.substring(0, whole.length() - 1);
    }
    return whole;
  }

  String path() {
    return path;
  }

  Spec spec() {
    return spec;
  }

  /** Returns the configuration as it was read, or as it would have been. */
  byte[] json() {
    return json;
  }

  /** Returns the root file system's absolute path. */
  String rootfs() {
    if (spec.root().isEmpty()) {
      return "";
    }
    String root = spec.root().get().path();
    return root.startsWith("/") ? root : path + "/" + root;
  }
}
