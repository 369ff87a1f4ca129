package dev.carafe.runtime.container;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.InvalidInputException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which paths the user's log may have. */
final class UserLogPathTest {
  @Test
  void aRelativeOneIsRefusedForAnotherProcessHasAnotherDirectory() {
    UserLog log = new UserLog(Optional.of("user.log"), warning -> {});
    String words = assertThrows(InvalidInputException.class, log::open).getMessage() + "";
    assertTrue(words.contains("not absolute: user.log"), words);
  }
}
