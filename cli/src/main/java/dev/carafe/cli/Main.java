package dev.carafe.cli;

import dev.carafe.linux.Front;
import java.util.List;

/** The program that the front starts. */
public final class Main {
  private Main() {}

  /** Takes the command line from the front, runs it, and has the front end with its exit code. */
  public static void main(String[] none) {
    Front front = Front.open();
    front.exit(run(front, front.hello().arguments()));
  }

  /** Runs a command line, which begins with the name of the program, and returns its exit code. */
  static int run(Front front, List<String> words) {
    return CommandLine.run(
        new Session(front), words.isEmpty() ? words : words.subList(1, words.size()));
  }
}
