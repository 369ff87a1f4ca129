package dev.carafe.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.carafe.InvalidConfigException;
import dev.carafe.spec.Spec;
import dev.carafe.spec.SpecReader;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is not there yet is refused by its name, and what would have no effect passes. */
final class UnsupportedTest {

  private static Spec spec(String process, String more, String linux) {
    String json =
        "{'ociVersion':'1.3.0','process':{'args':['true'],'cwd':'/'"
            + process
            + "},'root':{'path':'rootfs'}"
            + more
            + ",'linux':{'namespaces':[{'type':'mount'}]"
            + linux
            + "}}";
    byte[] utf8 = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return SpecReader.read(utf8, "config.json");
  }

  private static Spec spec(String where, String json) {
    String part = json.isEmpty() ? "" : "," + json;
    return switch (where) {
      case "process" -> spec(part, "", "");
      case "top" -> spec("", part, "");
      default -> spec("", "", part);
    };
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "process|process.scheduler.policy SCHED_ISO|'scheduler':{'policy':'SCHED_ISO'}",
        "top|windows|'windows':{}",
      })
  void itIsRefusedByItsName(String where, String name, String json) {
    InvalidConfigException e =
        assertThrows(
            InvalidConfigException.class,
            () -> Launcher.check(spec(where, json), LaunchOptions.NONE));
    assertEquals(
        name + " is not supported by this version of Carafe; remove it from config.json",
        e.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "process|'apparmorProfile':'','selinuxLabel':''",
        "linux|'mountLabel':''",
      })
  void whatHasNoEffectPasses(String where, String json) {
    assertDoesNotThrow(() -> Launcher.check(spec(where, json), LaunchOptions.NONE));
  }

  @Test
  void aUsualSpecPasses() {
    assertDoesNotThrow(() -> Launcher.check(spec("top", ""), LaunchOptions.NONE));
  }
}
