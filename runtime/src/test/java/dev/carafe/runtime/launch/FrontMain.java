package dev.carafe.runtime.launch;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Front;
import dev.carafe.linux.Open;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.testing.NoCgroup;
import dev.carafe.spec.Spec;
import dev.carafe.spec.SpecReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A command of the tests, behind a front: creates a container, says its process id, and ends. */
final class FrontMain {
  private FrontMain() {}

  /** Is started by a front: bundle, directory, descriptors to preserve. */
  public static void main(String[] unused) throws Exception {
    Front front = Front.open();
    List<String> arguments = front.hello().arguments();
    int code = 1;
    try (Caller caller = new FrontCaller(front);
        Fd directory = Sys.open(arguments.get(2), Open.PATH | Open.DIRECTORY, 0)) {
      Path config = Path.of(arguments.get(1), "config.json");
      Spec spec = SpecReader.read(Files.readAllBytes(config), "config.json");
      LaunchOptions options =
          new LaunchOptions(
              false, false, Integer.parseInt(arguments.get(3)), Optional.empty(), false);
      Launcher.check(spec, options);
      Launched launched =
          new Launcher(caller)
              .launch(
                  new LaunchRequest(
                      "front",
                      spec,
                      arguments.get(1),
                      directory,
                      new NoCgroup(),
                      new Stdio.Inherit(),
                      options),
                  init -> {});
      Files.writeString(Path.of(arguments.get(2), "pid"), Integer.toString(launched.init().pid()));
      code = 0;
    } catch (RuntimeException e) {
      Files.writeString(Path.of(arguments.get(2), "error"), String.valueOf(e.getMessage()));
    } finally {
      front.exit(code);
    }
  }
}
