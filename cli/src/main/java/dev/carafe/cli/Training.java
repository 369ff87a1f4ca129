package dev.carafe.cli;

import dev.carafe.linux.Front;
import dev.carafe.linux.Open;
import dev.carafe.linux.Sys;
import java.util.ArrayList;
import java.util.List;

/**
 * The training run behind the start-up cache, see {@code scripts/make-cache}: every command, once,
 * in this process. No command line leads here.
 */
final class Training {
  private Training() {}

  public static void main(String[] none) {
    Front front = Front.open();
    String directory = front.hello().arguments().get(1);
    for (String[] words :
        new String[][] {
          {"--version"}, {"help"}, {"help", "spec"}, {"nope"}, {"spec", "-b", directory}
        }) {
      List<String> line = new ArrayList<>();
      line.add("carafe");
      line.addAll(List.of(words));
      int _ = Main.run(front, line);
    }
    // Says to the script that this came to its end.
    Sys.open(directory + "/trained", Open.WRONLY | Open.CREAT, 0600).close();
  }
}
