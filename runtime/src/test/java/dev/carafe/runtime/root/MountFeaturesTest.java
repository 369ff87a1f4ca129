package dev.carafe.runtime.root;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.carafe.runtime.container.BuiltIn;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MountFeaturesTest {
  @Test
  void eachOptionThatFeaturesNamesIsKnownAndNotLeftToTheFileSystem() {
    for (String option : BuiltIn.MOUNT_OPTIONS) {
      assertEquals(List.of(), MountOptions.parse("/x", List.of(option)).data(), option);
    }
  }

  @Test
  void theOptionsAreSorted() {
    assertEquals(BuiltIn.MOUNT_OPTIONS.stream().sorted().toList(), BuiltIn.MOUNT_OPTIONS);
  }
}
