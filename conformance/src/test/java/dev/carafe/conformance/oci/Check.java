package dev.carafe.conformance.oci;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.opentest4j.TestAbortedException;

/**
 * One test, for every runtime.
 *
 * @param name what it proves
 * @param sentences the ids in the catalogue of what it tries
 * @param body fails if the runtime does not do it; aborts if that cannot be tried on this machine
 */
record Check(String name, List<String> sentences, Body body) {

  /** What a check does. */
  interface Body {
    void on(Subject runtime) throws Exception;
  }

  /**
   * What came of it.
   *
   * @param passed whether it is so
   * @param tried whether that could be told
   * @param message why not
   */
  record Outcome(boolean passed, boolean tried, String message) {}

  Outcome run(Subject runtime) {
    try {
      body.on(runtime);
      return new Outcome(true, true, "");
    } catch (TestAbortedException e) {
      return new Outcome(false, false, String.valueOf(e.getMessage()));
    } catch (Exception | AssertionError e) {
      return new Outcome(false, true, e + " at " + place(e));
    }
  }

  private static String place(Throwable thrown) {
    for (StackTraceElement each : thrown.getStackTrace()) {
      if (each.getClassName().endsWith("Checks")) {
        return each.getFileName() + ":" + each.getLineNumber();
      }
    }
    return "?";
  }

  /** Returns the checks of a class: its methods that bear {@link Says}, as they are named. */
  static List<Check> of(Object chapter) {
    List<Check> checks = new ArrayList<>();
    for (Method method : chapter.getClass().getDeclaredMethods()) {
      Says says = method.getAnnotation(Says.class);
      if (says != null) {
        String name = chapter.getClass().getSimpleName().replaceFirst("Checks$", "");
        checks.add(
            new Check(
                name + "." + method.getName(),
                Arrays.asList(says.value()),
                runtime -> call(chapter, method, runtime)));
      }
    }
    checks.sort(Comparator.comparing(Check::name));
    return checks;
  }

  private static void call(Object chapter, Method method, Subject runtime) throws Exception {
    try {
      method.invoke(chapter, runtime);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw e;
    }
  }
}
