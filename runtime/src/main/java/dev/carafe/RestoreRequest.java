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

  /** Makes one that keeps profile and context. */
  public RestoreRequest(ContainerRequest container, ImageOptions image) {
    this(container, image, Optional.empty(), Optional.empty());
  }
}
