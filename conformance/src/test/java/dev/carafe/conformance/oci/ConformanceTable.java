package dev.carafe.conformance.oci;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What was seen, as {@code docs/conformance.md} shows it. */
final class ConformanceTable {
  private static final String HEAD =
      """
      # Conformance

      What the OCI runtime specification 1.3 says about Linux, sentence by sentence in our words, and
      what three runtimes do. Made by `OciSuiteTest` in `conformance/`, which fails when this page is
      not what it saw; do not edit. How to run it on another runtime: [conformance/README.md](\
      ../conformance/README.md).

      The level *field* marks what a property of `config.json` means: `create` MUST apply it. A test
      that fails is expected to, and the last section says whether the runtime is wrong, or the
      specification that it follows older than the sentence, or the test wrong; a failure that is not
      expected, and an expected one that does not come, fail the suite.
      """;

  private final Catalogue catalogue;
  private final Expectations expectations;
  private final List<Check> checks;
  private final Map<String, Map<String, Check.Outcome>> seen = new LinkedHashMap<>();

  ConformanceTable(Catalogue catalogue, Expectations expectations, List<Check> checks) {
    this.catalogue = catalogue;
    this.expectations = expectations;
    this.checks = checks;
  }

  void put(String runtime, Check check, Check.Outcome outcome) {
    // The page must not change by chance.
    boolean failed =
        expectations.of(runtime, check.name()).filter(each -> each.byChance()).isPresent();
    seen.computeIfAbsent(runtime, each -> new LinkedHashMap<>())
        .put(check.name(), failed ? new Check.Outcome(false, true, "") : outcome);
  }

  String text() {
    StringBuilder text = new StringBuilder(HEAD).append("\n");
    counts(text);
    String document = "";
    String section = "";
    for (Catalogue.Sentence each : catalogue.sentences()) {
      if (!each.document().equals(document)) {
        document = each.document();
        section = "";
        text.append("\n## ").append(document).append("\n");
      }
      if (!each.section().equals(section)) {
        section = each.section();
        text.append("\n### ").append(section).append("\n\n");
        row(text, "sentence", "level", "says", "test", String.join(" | ", seen.keySet()));
        text.append("|---|---|---|---").append("|---".repeat(seen.size())).append("|\n");
      }
      sentence(text, each);
    }
    failures(text);
    return text.toString();
  }

  private void counts(StringBuilder text) {
    row(text, "", String.join(" | ", seen.keySet()));
    text.append("|---").append("|---".repeat(seen.size())).append("|\n");
    List<String> passed = new ArrayList<>();
    List<String> failed = new ArrayList<>();
    for (Map<String, Check.Outcome> outcomes : seen.values()) {
      passed.add("" + outcomes.values().stream().filter(Check.Outcome::passed).count());
      failed.add("" + outcomes.values().stream().filter(o -> o.tried() && !o.passed()).count());
    }
    row(text, "tests that pass", String.join(" | ", passed));
    row(text, "tests that fail", String.join(" | ", failed));
  }

  private void sentence(StringBuilder text, Catalogue.Sentence sentence) {
    if (!sentence.reason().isEmpty()) {
      row(
          text,
          sentence.id(),
          sentence.level(),
          sentence.words(),
          "none: " + sentence.reason(),
          String.join(" | ", seen.keySet().stream().map(each -> "").toList()));
      return;
    }
    for (Check check : checks) {
      if (check.sentences().contains(sentence.id())) {
        List<String> cells = new ArrayList<>();
        for (Map<String, Check.Outcome> outcomes : seen.values()) {
          cells.add(cell(outcomes.get(check.name())));
        }
        row(
            text,
            sentence.id(),
            sentence.level(),
            sentence.words(),
            check.name(),
            String.join(" | ", cells));
      }
    }
  }

  private static String cell(Check.@org.jspecify.annotations.Nullable Outcome outcome) {
    if (outcome == null) {
      return "not run";
    }
    if (!outcome.tried() && !outcome.passed()) {
      return "not tried: " + outcome.message().replaceFirst("^Assumption failed: ", "");
    }
    return outcome.passed() ? "pass" : "**fails**";
  }

  private void failures(StringBuilder text) {
    text.append("\n## What fails, and why\n\n");
    row(text, "test", "runtime", "wrong is", "why");
    text.append("|---|---|---|---|\n");
    for (Check check : checks) {
      seen.forEach((runtime, outcomes) -> {
        Check.Outcome outcome = outcomes.get(check.name());
        if (outcome != null && outcome.tried() && !outcome.passed()) {
          Optional<Expectations.Expectation> known = expectations.of(runtime, check.name());
          row(
              text,
              check.name(),
              runtime,
              known.map(Expectations.Expectation::wrong).orElse("?"),
              known.map(Expectations.Expectation::reason).orElse("not expected"));
        }
      });
    }
  }

  private static void row(StringBuilder text, String... cells) {
    text.append("| ").append(String.join(" | ", cells)).append(" |\n");
  }
}
