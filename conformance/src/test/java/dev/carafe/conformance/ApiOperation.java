package dev.carafe.conformance;

import dev.carafe.Carafe;
import dev.carafe.ContainerId;
import dev.carafe.ContainerRequest;
import dev.carafe.DeleteMode;
import dev.carafe.StreamMode;
import java.nio.file.Path;

/** A main class: one operation through the API. Arguments: root, operation, id, bundle. */
final class ApiOperation {
  private ApiOperation() {}

  public static void main(String[] args) {
    Carafe carafe = Carafe.at(Path.of(args[0]));
    ContainerId id = ContainerId.of(args[2]);
    switch (args[1]) {
      case "create" -> {
        var ignored =
            carafe.create(ContainerRequest.builder(id, args[3]).streams(StreamMode.NONE).build());
      }
      case "start" -> carafe.load(id).start();
      case "delete" -> carafe.delete(id, DeleteMode.STOPPED);
      case "force" -> carafe.delete(id, DeleteMode.FORCE);
      default -> throw new IllegalArgumentException(args[1]);
    }
  }
}
