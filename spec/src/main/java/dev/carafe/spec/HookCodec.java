package dev.carafe.spec;

import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** A hook in JSON (config.md, POSIX-platform Hooks): in a configuration, and where one is kept. */
public final class HookCodec {
  private HookCodec() {}

  /** Reads one. */
  public static Hook read(JsonIn in) {
    @Nullable String path = null;
    List<String> args = List.of();
    List<String> env = List.of();
    OptionalInt timeout = OptionalInt.empty();
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "path" -> path = in.string();
        case "args" -> args = in.strings();
        case "env" -> env = in.strings();
        case "timeout" -> timeout = OptionalInt.of(in.int32());
        default -> in.skip();
      }
    }
    return new Hook(in.required(path, "path"), args, env, timeout);
  }

  /** Writes a field with a list of them; none if that is empty. */
  public static void write(JsonOut out, String name, List<Hook> hooks) {
    Fields.list(out, name, hooks, HookCodec::write);
  }

  private static void write(JsonOut out, Hook hook) {
    out.field("path", hook.path());
    Fields.strings(out, "args", hook.args());
    Fields.strings(out, "env", hook.env());
    out.field("timeout", hook.timeout());
  }
}
