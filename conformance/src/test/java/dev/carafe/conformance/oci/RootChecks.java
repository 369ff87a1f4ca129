package dev.carafe.conformance.oci;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * config.md: Specification version, Root, Annotations, Extensibility, Valid values; glossary.md.
 */
final class RootChecks {

  @Says("config/version")
  void aVersionThatIsNoneIsRefused(Subject runtime) {
    runtime.refuses(Config.plain().text("ociVersion", "one"));
  }

  @Says("config/root/required")
  void aConfigurationWithoutARootIsRefused(Subject runtime) {
    runtime.refuses(Config.plain().remove("root"));
  }

  @Says("config/root/path")
  void theRootIsAtItsPath(Subject runtime) throws IOException {
    runtime.inside(Config.plain(), "cat", "/etc/file").says("cat /etc/file: of the root");
    try (Box absolute = runtime.bundle(Config.plain())) {
      Config config =
          Config.plain()
              .text("root.path", absolute.in(".").normalize().toString())
              .program("cat", "/etc/file");
      Files.writeString(absolute.in("etc/file"), "by its absolute path\n");
      runtime.inside(config, "cat", "/etc/file").says("cat /etc/file: by its absolute path");
    }
  }

  @Says("config/root/exists")
  void aRootThatIsNotThereIsRefused(Subject runtime) {
    runtime.refuses(Config.plain().text("root.path", "nowhere"));
  }

  @Says("config/root/readonly")
  void aReadonlyRootCannotBeWritten(Subject runtime) {
    Report report =
        runtime.inside(
            Config.plain().set("root.readonly", "true"),
            "create",
            "/new",
            "x",
            ",",
            "statvfs",
            "/");
    report.says("create /new x EROFS");
    assertTrue(report.get("statvfs /").startsWith("ro"), report.toString());
    runtime.inside(Config.plain(), "create", "/new", "x").says("create /new x ok");
  }

  @Says({"config/annotations/map", "config/annotations/values"})
  void annotationsThatAreNoMapOfStringsAreRefused(Subject runtime) {
    runtime.refuses(Config.plain().set("annotations", "[a]"));
    runtime.refuses(Config.plain().set("annotations", "{\"com.example\": 5}"));
  }

  @Says("config/annotations/keys-empty")
  void anAnnotationWithoutANameIsRefused(Subject runtime) {
    runtime.refuses(Config.plain().set("annotations", "{\"\": \"a\"}"));
  }

  @Says({"config/annotations/none", "config/annotations/values-empty"})
  void annotationsMayBeEmpty(Subject runtime) {
    for (String each : new String[] {"{}", "{\"com.example.empty\": \"\"}"}) {
      runtime.inside(Config.plain().set("annotations", each), "say", "ran").says("ran");
    }
  }

  @Says("config/annotations/unknown")
  void annotationsThatNobodyKnowsArePassedOver(Subject runtime) {
    Config config =
        Config.plain()
            .set(
                "annotations",
                "{\"org.opencontainers.nobody\": \"a\", \"com.example.nobody\": \"b\"}");
    runtime.inside(config, "say", "ran").says("ran");
  }

  @Says("config/extensibility/ignored")
  void propertiesThatNobodyKnowsArePassedOver(Subject runtime) {
    Config config =
        Config.plain()
            .set("nobodyKnows", "{a: [1, 2]}")
            .set("process.nobodyKnows", "true")
            .set("linux.nobodyKnows", "\"a\"")
            .set("root.nobodyKnows", "5");
    runtime.inside(config, "say", "ran").says("ran");
  }

  @Says("config/valid-values/error")
  void valuesThatAreNotValidAreRefused(Subject runtime) {
    runtime.refuses(Config.plain().text("linux.rootfsPropagation", "sideways"));
    runtime.refuses(Config.plain().add("linux.namespaces", "{type: nonsense}"));
    runtime.refuses(Config.plain().text("process.user.uid", "root"));
    runtime.refuses(Config.plain().set("process.user.uid", "-5"));
    runtime.refuses(Config.plain().set("process.args", "\"one word\""));
  }

  @Says("config/platform/linux")
  void aConfigurationWithoutALinuxSectionRuns(Subject runtime) {
    Config config = Config.plain();
    runtime.inside(config, "say", "ran").says("ran");
  }

  @Says("bundle/config")
  void theConfigurationIsInTheBundlesDirectory(Subject runtime) throws IOException {
    try (Box box = runtime.bundle(Config.plain().program("say", "ran"))) {
      Path config = box.bundle().resolve("config.json");
      Path other = box.bundle().resolve("other.json");
      Files.move(config, other);
      assertTrue(box.run().code() != 0, "it ran without");
      Files.move(other, config);
      Report.of(box.run().ok().out()).says("ran");
    }
  }

  @Says("glossary/utf-8")
  void theConfigurationIsReadAsUtf8(Subject runtime) throws IOException {
    try (Box box =
        runtime.bundle(Config.plain().set("process.env", "[\"A=\u00e9\"]").program("env"))) {
      String out = box.run().ok().out();
      // A character of what the shell gives is a byte.
      String text = new String(out.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
      Report.of(text).says("env A=\u00e9");
    }
    try (Box box = runtime.bundle(Config.plain().program("say", "RAN"))) {
      Path config = box.bundle().resolve("config.json");
      Files.writeString(
          config, Files.readString(config).replace("RAN", "\u00e9"), StandardCharsets.ISO_8859_1);
      assertTrue(box.run().code() != 0, "what is not UTF-8 was taken");
    }
  }

  @Says("glossary/twice")
  void aNameThatIsThereTwiceIsRefused(Subject runtime) throws IOException {
    try (Box box = runtime.bundle(Config.plain())) {
      Path config = box.bundle().resolve("config.json");
      Files.writeString(
          config,
          Files.readString(config)
              .replace(
                  "{\"ociVersion\"", "{\"hostname\":\"a\"," + "\"hostname\":\"b\",\"ociVersion\""));
      assertTrue(box.run().code() != 0, "it was taken");
    }
  }
}
