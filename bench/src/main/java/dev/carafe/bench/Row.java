package dev.carafe.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One row of the table: the times of several contestants, taken in turn, so that the nth time of
 * each belongs together.
 */
final class Row {
  private final String name;
  private final Map<String, List<Long>> nanos = new LinkedHashMap<>();

  Row(String name) {
    this.name = name;
  }

  void add(String contestant, long time) {
    nanos.computeIfAbsent(contestant, key -> new ArrayList<>()).add(time);
  }

  /** Returns the row as Markdown: the median of each, and of the first's ratio to each other. */
  String markdown(List<String> contestants) {
    StringBuilder line = new StringBuilder("| ").append(name).append(" |");
    for (String contestant : contestants) {
      List<Long> times = nanos.get(contestant);
      line.append(times == null ? " |" : " " + decimal(median(times) / 1e6, 1) + " |");
    }
    List<Long> ours = nanos.get(contestants.getFirst());
    for (String contestant : contestants.subList(1, contestants.size())) {
      List<Long> theirs = nanos.get(contestant);
      line.append(
          ours == null || theirs == null ? " |" : " " + decimal(ratio(ours, theirs), 2) + " |");
    }
    return line.toString();
  }

  private static double ratio(List<Long> ours, List<Long> theirs) {
    int pairs = Math.min(ours.size(), theirs.size());
    double[] ratios = new double[pairs];
    for (int i = 0; i < pairs; i++) {
      ratios[i] = (double) ours.get(i) / theirs.get(i);
    }
    Arrays.sort(ratios);
    return ratios[pairs / 2];
  }

  private static double median(List<Long> times) {
    long[] sorted = times.stream().mapToLong(Long::longValue).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  private static String decimal(double value, int places) {
    return String.format("%." + places + "f", value);
  }
}
