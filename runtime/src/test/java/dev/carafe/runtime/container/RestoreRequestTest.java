package dev.carafe.runtime.container;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.ContainerId;
import dev.carafe.ContainerRequest;
import dev.carafe.ImageOptions;
import dev.carafe.InvalidInputException;
import dev.carafe.RestoreRequest;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What a program that runs already cannot be given is refused, not ignored. */
final class RestoreRequestTest {
  private static void assertRefused(String name, Consumer<ContainerRequest.Builder> with) {
    ContainerRequest.Builder container =
        ContainerRequest.builder(ContainerId.of("a"), "/bundle").userLog("/log");
    ImageOptions image = ImageOptions.builder("/images").build();
    // Without it, it is a request.
    RestoreRequest _ = new RestoreRequest(container.build(), image);
    with.accept(container);
    InvalidInputException refused =
        assertThrows(
            InvalidInputException.class, () -> new RestoreRequest(container.build(), image));
    assertTrue((refused.getMessage() + "").contains(name), refused.getMessage());
  }

  @Test
  void whatOnlyAStartedProgramHasIsRefusedByName() {
    assertRefused("preserveFds", b -> b.preserveFds(1));
    assertRefused("listenFds", b -> b.listenFds(1));
    assertRefused("notifySocket", b -> b.notifySocket(true));
    assertRefused("noPivot", b -> b.noPivot(true));
    assertRefused("noNewKeyring", b -> b.noNewKeyring(true));
    assertRefused("overHostRoot", b -> b.overHostRoot(true));
  }
}
