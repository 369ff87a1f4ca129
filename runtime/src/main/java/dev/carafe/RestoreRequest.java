package dev.carafe;

import java.util.Optional;

/**
 * How a container is made from a checkpoint.
 *
 * @param container the container, whose bundle is like the one that was checkpointed
 * @param image where the images are
 * @param lsmProfile a profile of a security module in the place of the one that it had, {@code
 *     TYPE:NAME}
 * @param lsmMountContext an SELinux context for mounts in the place of the one that they had
 */
public record RestoreRequest(
    ContainerRequest container,
    ImageOptions image,
    Optional<String> lsmProfile,
    Optional<String> lsmMountContext) {

  /**
   * Makes one.
   *
   * @throws InvalidInputException if the container asks for what only a program that is started has
   */
  public RestoreRequest {
    refuse(container.preserveFds() != 0, "preserveFds", "files are open as the images have them");
    refuse(container.listenFds() != 0, "listenFds", "files are open as the images have them");
    refuse(container.notifySocket(), "notifySocket", "the program has told its readiness already");
    refuse(container.noPivot(), "noPivot", "CRIU changes the root, by pivot_root");
    refuse(container.noNewKeyring(), "noNewKeyring", "CRIU makes no session keyring");
    refuse(container.overHostRoot(), "overHostRoot", "CRIU needs the root file system it had");
  }

  private static void refuse(boolean asked, String what, String why) {
    if (asked) {
      throw new InvalidInputException("a restore cannot have " + what + ": " + why);
    }
  }

  /** Makes one that keeps profile and context. */
  public RestoreRequest(ContainerRequest container, ImageOptions image) {
    this(container, image, Optional.empty(), Optional.empty());
  }
}
