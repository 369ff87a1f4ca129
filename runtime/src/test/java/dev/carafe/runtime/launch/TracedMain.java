package dev.carafe.runtime.launch;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Open;
import dev.carafe.linux.PidFd;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.testing.NoCgroup;
import dev.carafe.spec.SpecReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Launches, starts and waits for one container: to be traced. */
final class TracedMain {
  private TracedMain() {}

  /** Arguments: bundle, directory. */
  public static void main(String[] arguments) throws Exception {
    Path config = Path.of(arguments[0], "config.json");
    Stdio none = new Stdio.Streams(Optional.empty(), Optional.empty(), Optional.empty());
    try (Caller caller = new JvmCaller();
        Fd directory = Sys.open(arguments[1], Open.PATH | Open.DIRECTORY, 0)) {
      LaunchRequest request =
          new LaunchRequest(
              "traced",
              SpecReader.read(Files.readAllBytes(config), "config.json"),
              arguments[0],
              directory,
              new NoCgroup(),
              none,
              LaunchOptions.NONE);
      Launched launched = new Launcher(caller).launch(request, init -> {});
      Launcher.start(directory);
      try (PidFd process = launched.process().orElseThrow()) {
        process.reap();
      }
    }
  }
}
