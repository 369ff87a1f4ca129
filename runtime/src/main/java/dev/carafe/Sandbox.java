package dev.carafe;

import dev.carafe.runtime.container.SandboxHandle;
import java.util.List;

/**
 * What containers share. It is made by its first container, has that one's id, and ends when that
 * one is deleted: then the processes of all others are ended, which can be deleted after it.
 *
 * <p>A container is in the sandbox that its annotations name, those of containerd ({@code
 * io.kubernetes.cri.container-type}, {@code io.kubernetes.cri.sandbox-id}) or of CRI-O ({@code
 * io.kubernetes.cri-o.ContainerType}, {@code io.kubernetes.cri-o.SandboxID}). Without any it is in
 * one of its own.
 */
public sealed interface Sandbox permits SandboxHandle {

  /** Returns its id, which is that of its first container. */
  ContainerId id();

  /**
   * Finds all its containers, the first one first, and the others by their ids.
   *
   * @throws ContainerNotFoundException if the sandbox has ended
   */
  List<Container> containers();
}
