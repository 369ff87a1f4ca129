package dev.carafe.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class EnvironmentTest {

  @Test
  void theLastValueWinsAtTheFirstPlace() {
    assertEquals(
        List.of("A=3", "B=", "AA=2"),
        Environment.unique(List.of("A=1", "B=", "AA=2", "A=", "A=3")));
  }

  @Test
  void theHomeIsTheSixthField() {
    String passwd = "a:x:1:2:c:/a:/bin/sh\nshort:x:2\n\n::::::\nb:x:3:4::/b\nb:x:3:4::/late:x\n";
    assertEquals(Optional.of("/a"), Environment.home(passwd, 1));
    assertEquals(Optional.empty(), Environment.home(passwd, 2));
    assertEquals(Optional.of("/b"), Environment.home(passwd, 3));
    assertEquals(Optional.empty(), Environment.home("", 0));
  }

  @Test
  void aHostilePasswdFileDoesNoHarm() {
    Random random = new Random(1);
    String alphabet = ":\n0x/\udcff";
    for (int i = 0; i < 2000; i++) {
      StringBuilder text = new StringBuilder();
      for (int k = random.nextInt(60); k > 0; k--) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      Optional<String> home = Environment.home(text.toString(), 0);
      assertEquals(-1, home.orElse("").indexOf('\n'));
    }
  }
}
