package dev.carafe.runtime.cgroup;

/** Prints which hierarchies of cgroups this process sees. */
final class LayoutShown {
  private LayoutShown() {}

  public static void main(String[] none) {
    System.out.print(String.join("\n", LayoutTest.shown(Layout.read())));
  }
}
