package dev.carafe.spec;

import java.util.List;
import java.util.OptionalInt;

/**
 * Block I/O limits (config-linux.md, Block IO).
 *
 * @param weight the weight, unsigned 16-bit.
 * @param leafWeight the weight against child cgroups, unsigned 16-bit.
 * @param weightDevice weights by device.
 * @param throttleReadBpsDevice bytes read a second.
 * @param throttleWriteBpsDevice bytes written a second.
 * @param throttleReadIopsDevice reads a second.
 * @param throttleWriteIopsDevice writes a second.
 */
public record BlockIo(
    OptionalInt weight,
    OptionalInt leafWeight,
    List<WeightDevice> weightDevice,
    List<ThrottleDevice> throttleReadBpsDevice,
    List<ThrottleDevice> throttleWriteBpsDevice,
    List<ThrottleDevice> throttleReadIopsDevice,
    List<ThrottleDevice> throttleWriteIopsDevice) {
  /** Keeps copies that nobody can change. */
  public BlockIo {
    weightDevice = List.copyOf(weightDevice);
    throttleReadBpsDevice = List.copyOf(throttleReadBpsDevice);
    throttleWriteBpsDevice = List.copyOf(throttleWriteBpsDevice);
    throttleReadIopsDevice = List.copyOf(throttleReadIopsDevice);
    throttleWriteIopsDevice = List.copyOf(throttleWriteIopsDevice);
  }
}
