package dev.carafe.runtime.launch;

import java.util.Optional;

/**
 * What the caller asks of a launch, beside what the spec says.
 *
 * @param noPivot whether the root is changed without {@code pivot_root}
 * @param noNewKeyring whether the container keeps the caller's session keyring
 * @param preserveFds how many of the caller's descriptors, from 3 on, the container gets
 * @param consoleSocket the socket that the terminal's other side is sent to; when it is absent, the
 *     terminal comes back with {@link Launched}
 * @param hostOverlayRoot whether the root is the host's, under an overlay that is thrown away
 */
public record LaunchOptions(
    boolean noPivot,
    boolean noNewKeyring,
    int preserveFds,
    Optional<String> consoleSocket,
    boolean hostOverlayRoot) {

  /** Nothing out of the ordinary. */
  public static final LaunchOptions NONE =
      new LaunchOptions(false, false, 0, Optional.empty(), false);
}
