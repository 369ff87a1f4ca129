package dev.carafe.spec;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Reads the system call filter (config-linux.md, Seccomp). */
final class SeccompReader {
  private SeccompReader() {}

  static Seccomp seccomp(JsonIn in) {
    @Nullable SeccompAction defaultAction = null;
    OptionalLong defaultErrnoRet = OptionalLong.empty();
    List<SeccompArch> architectures = List.of();
    List<SeccompFlag> flags = List.of();
    Optional<String> listenerPath = Optional.empty();
    Optional<String> listenerMetadata = Optional.empty();
    List<SeccompRule> syscalls = List.of();
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "defaultAction" -> defaultAction = in.word(SeccompAction.values());
        case "defaultErrnoRet" -> defaultErrnoRet = OptionalLong.of(in.uint32());
        case "architectures" -> architectures = in.list(i -> i.word(SeccompArch.values()));
        case "flags" -> flags = in.list(i -> i.word(SeccompFlag.values()));
        case "listenerPath" -> listenerPath = in.optionalString();
        case "listenerMetadata" -> listenerMetadata = in.optionalString();
        case "syscalls" -> syscalls = in.list(SeccompReader::rule);
        default -> in.skip();
      }
    }
    return new Seccomp(
        in.required(defaultAction, "defaultAction"),
        defaultErrnoRet,
        architectures,
        flags,
        listenerPath,
        listenerMetadata,
        syscalls);
  }

  private static SeccompRule rule(JsonIn in) {
    @Nullable List<String> names = null;
    @Nullable SeccompAction action = null;
    OptionalLong errnoRet = OptionalLong.empty();
    List<SeccompArg> args = List.of();
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "names" -> names = in.strings();
        case "action" -> action = in.word(SeccompAction.values());
        case "errnoRet" -> errnoRet = OptionalLong.of(in.uint32());
        case "args" -> args = in.list(SeccompReader::arg);
        default -> in.skip();
      }
    }
    return new SeccompRule(
        in.required(names, "names"), in.required(action, "action"), errnoRet, args);
  }

  private static SeccompArg arg(JsonIn in) {
    @Nullable Long index = null;
    @Nullable Long value = null;
    long valueTwo = 0;
    @Nullable SeccompOperator op = null;
    in.object();
    while (in.next()) {
      switch (in.name()) {
        case "index" -> index = in.uint32();
        case "value" -> value = in.uint64();
        case "valueTwo" -> valueTwo = in.uint64();
        case "op" -> op = in.word(SeccompOperator.values());
        default -> in.skip();
      }
    }
    return new SeccompArg(
        in.required(index, "index"), in.required(value, "value"), valueTwo, in.required(op, "op"));
  }
}
